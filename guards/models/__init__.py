"""Benchmarks and their cases, trained guards, and evaluations with their verdicts."""

from guards.models.benchmark import Benchmark, BenchmarkCase, CaseText
from guards.models.contamination import Comparison, ContaminationReport, HashList, HashListReport
from guards.models.evaluation import Evaluation, TransformedText, Verdict
from guards.models.trained import TrainedGuard

__all__ = [
    "Benchmark",
    "BenchmarkCase",
    "CaseText",
    "Comparison",
    "ContaminationReport",
    "Evaluation",
    "HashList",
    "HashListReport",
    "TrainedGuard",
    "TransformedText",
    "Verdict",
]
