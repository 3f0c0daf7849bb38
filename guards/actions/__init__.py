"""Verbs of guards: one transaction each, with its event."""

from guards.actions.benchmarks import add_benchmark

__all__ = ["add_benchmark"]
