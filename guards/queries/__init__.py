"""Reads of guards, named for what they return."""

from guards.queries.benchmarks import benchmarks_of, find_benchmark, helped_decide
from guards.queries.training import find_guard, find_release, rows_of_split, turns_of_items

__all__ = [
    "benchmarks_of",
    "find_benchmark",
    "find_guard",
    "find_release",
    "helped_decide",
    "rows_of_split",
    "turns_of_items",
]
