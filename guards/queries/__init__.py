"""Reads of guards, named for what they return."""

from guards.queries.benchmarks import NoSuchBenchmark, benchmarks_of, find_benchmark, helped_decide
from guards.queries.evaluations import (
    NoSuchEvaluation,
    cases_asked,
    evaluated_cases,
    evaluations_of,
    find_evaluation,
    texts_by_pk,
    texts_to_ask,
)
from guards.queries.hash_lists import NoSuchHashList, find_hash_list, hash_lists_of
from guards.queries.pages import (
    cases_numbered,
    evaluations_to_show,
    other_evaluations,
    trained_guards,
    verdicts_on,
)
from guards.queries.training import (
    find_guard,
    rows_of_split,
    shares_of_split,
    trained_release,
    turns_of_items,
)
from guards.queries.twins import dialogues_naming_groups
from guards.queries.verdicts import flip_counts, stream_verdicts, verdict_counts
from releases.queries import find_release

__all__ = [
    "NoSuchBenchmark",
    "NoSuchEvaluation",
    "NoSuchHashList",
    "benchmarks_of",
    "cases_asked",
    "cases_numbered",
    "dialogues_naming_groups",
    "evaluated_cases",
    "evaluations_of",
    "evaluations_to_show",
    "find_benchmark",
    "find_evaluation",
    "find_guard",
    "find_hash_list",
    "find_release",
    "flip_counts",
    "hash_lists_of",
    "helped_decide",
    "other_evaluations",
    "rows_of_split",
    "shares_of_split",
    "stream_verdicts",
    "texts_by_pk",
    "texts_to_ask",
    "trained_guards",
    "trained_release",
    "turns_of_items",
    "verdict_counts",
    "verdicts_on",
]
