"""Benchmarks and their cases."""

from guards.models.benchmark import Benchmark, BenchmarkCase, CaseText

__all__ = ["Benchmark", "BenchmarkCase", "CaseText"]
