"""Verbs of guards: one transaction each, with its event."""

from guards.actions.benchmarks import add_benchmark
from guards.actions.contamination import check_contamination, check_due
from guards.actions.evaluations import estimate_evaluation, start_evaluation
from guards.actions.hash_lists import add_hash_list, remove_hash_list
from guards.actions.probes import probe_juror
from guards.actions.release_benchmarks import benchmark_of_release
from guards.actions.stating import state_twins
from guards.actions.training import export_training, train_guard
from guards.actions.twins import make_twins

__all__ = [
    "add_benchmark",
    "add_hash_list",
    "benchmark_of_release",
    "check_contamination",
    "check_due",
    "estimate_evaluation",
    "export_training",
    "make_twins",
    "probe_juror",
    "remove_hash_list",
    "start_evaluation",
    "state_twins",
    "train_guard",
]
