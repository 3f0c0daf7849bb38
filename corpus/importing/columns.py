"""Give columns the names of what they are read as."""

from collections.abc import Mapping
from typing import Any


def rename_columns(row: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    """
    Return a row with its columns under the names of their targets.

    A column that had the name of a target is kept in `meta`, as `original_NAME`.

    :param columns: column by target
    """
    renamed = {key: value for key, value in row.items() if key not in columns.values()}
    moved = {original(key): renamed.pop(key) for key in columns if key in renamed}
    return renamed | moved | {target: row[column] for target, column in columns.items() if column in row}


def original(name: str) -> str:
    """Return the name of a column whose own name another column took."""
    return f"original_{name}"
