"""Verbs of guards: one transaction each, with its event."""

from guards.actions.benchmarks import add_benchmark
from guards.actions.probes import probe_juror

__all__ = ["add_benchmark", "probe_juror"]
