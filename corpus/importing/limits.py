"""Limits of what an import accepts."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of a row and a file. In characters, unless the name says bytes."""

    id: int = 200
    dialogue_bytes: int = 2**20
    turns: int = 1_000
    field: int = 10_000
    depth: int = 32
    "Nesting of the JSON of an unknown key."
    columns: int = 1_000
    "Columns of a CSV or Parquet file."
    row_bytes: int = 16 * 2**20
    "Longest line, array element or CSV cell that is read."
    unpacked_bytes: int = 20 * 2**30
    "Most bytes that a compressed file may unpack to."
