"""Reads of decisions, named for what comes back; cases, history and the audit log have modules of their own."""

from adjudication.queries.decisions import (
    case_lines,
    decision_counts,
    decision_lines,
    fingerprint,
    json_lines,
    kept_recount,
    other_texts,
    taxonomy_order,
)

__all__ = [
    "case_lines",
    "decision_counts",
    "decision_lines",
    "fingerprint",
    "json_lines",
    "kept_recount",
    "other_texts",
    "taxonomy_order",
]
