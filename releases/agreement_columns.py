"""How the opinions on an item fell, as columns of exports: soft labels, counts and agreement, each by label field."""

from typing import Any

from corpus.labels import FIELDS, Field

AGREEMENT_KEYS = ("soft_label", "counts", "agreement")
PER_FIELD = {
    "soft_label": "d.{unsafe}::float8 / nullif(d.{safe} + d.{unsafe}, 0)",
    "counts": "CASE WHEN d.{safe} IS NOT NULL THEN json_build_object('safe', d.{safe}, 'unsafe', d.{unsafe}) END",
    "agreement": "CASE WHEN d.{label} IS NOT NULL THEN d.{status} END",
}
"""
The value of a field, by column: the share of opinions that say unsafe, how many say what, and how the label came about.

Needs caution is folded. All are null for a field that the item lacks, and the share is null if nobody labelled it.
"""


def agreement_sql() -> str:
    """Return the columns of a query on decisions `d`, each a JSON object by label field."""
    return ", ".join(f"json_build_object({members(value)}) AS {name}" for name, value in PER_FIELD.items())


def members(value: str) -> str:
    """Return the members of an object by label field: each name, and the SQL of its value."""
    return ", ".join(f"'{field}', {value.format(**columns_of(field))}" for field in FIELDS)


def columns_of(field: Field) -> dict[str, str]:
    """Return the columns of a decision on a field, by what they hold."""
    return {name: field.column(name) for name in ("safe", "unsafe", "label", "status")}


def agreement_types() -> list[tuple[str, Any]]:
    """Return the Arrow types of the columns, by name."""
    import pyarrow as pa

    counts = pa.struct([("safe", pa.int32()), ("unsafe", pa.int32())])
    types = {"soft_label": pa.float64(), "counts": counts, "agreement": pa.string()}
    return [(name, pa.struct([(field.value, types[name]) for field in FIELDS])) for name in AGREEMENT_KEYS]
