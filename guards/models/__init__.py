"""Benchmarks and their cases, and trained guards."""

from guards.models.benchmark import Benchmark, BenchmarkCase, CaseText
from guards.models.trained import TrainedGuard

__all__ = ["Benchmark", "BenchmarkCase", "CaseText", "TrainedGuard"]
