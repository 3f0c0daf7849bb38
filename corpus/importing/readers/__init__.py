"""
Read a file as numbered rows, whatever its form, one at a time.

JSON lines, a JSON array, CSV or Parquet, each also gzipped. A row that cannot be read is passed on
with the reason; a file that cannot be read to its end raises `Unreadable`.
"""

from corpus.importing.readers.contents import BEGINNING, check_contents
from corpus.importing.readers.file import EXTENSIONS, RowFile
from corpus.importing.readers.row import (
    Columns,
    Row,
    Unreadable,
    check_columns,
    check_regular,
    readable_errors,
)

__all__ = [
    "BEGINNING",
    "EXTENSIONS",
    "Columns",
    "Row",
    "RowFile",
    "Unreadable",
    "check_columns",
    "check_contents",
    "check_regular",
    "readable_errors",
]
