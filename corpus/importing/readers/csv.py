"""Read CSV with a header."""

import csv
import io
import re
from collections.abc import Iterator
from itertools import chain

from corpus.importing.limits import Limits
from corpus.importing.readers.row import Columns, Row, Unreadable, check_columns
from corpus.labels import preview

csv.field_size_limit(2**31 - 1)
"""The module's own limit holds for the whole process, whoever reads: here `RecordLines` and `Header.row` limit."""

SEPARATORS = ",;\t|"
"Tried in this order; the first that finds the needed columns in the header is used."
SEPARATOR_LINE = re.compile(r'"?sep=([^"\w\s]|\t| )?"?\s*', re.IGNORECASE)
"First line by which Excel is told the separator of the file."


class RecordLines:
    """
    The lines of a CSV file, with a limit on the length of a record.

    The csv module checks the length of a cell only when it has read the whole line, and for the whole process alike.
    """

    LONGEST_CELLS = 4
    "How many cells of the greatest length a record may have."

    def __init__(self, source: io.TextIOWrapper, name: str, limits: Limits) -> None:
        self.source, self.name, self.limit = source, name, self.LONGEST_CELLS * limits.row_bytes
        self.record_length = 0

    def __iter__(self) -> "RecordLines":
        return self

    def __next__(self) -> str:
        line = self.source.readline(self.limit + 1)
        self.record_length += len(line)
        if self.record_length > self.limit:
            raise Unreadable(f"{self.name} cannot be read further: a record is longer than {self.limit:,} characters.")
        if not line:
            raise StopIteration
        return line


class Header:
    """The columns of a CSV file, of which some may have no name."""

    def __init__(self, names: list[str], file: str, limits: Limits, columns: Columns) -> None:
        self.names, self.cell_length = names, limits.row_bytes
        self.nameless = [at for at, name in enumerate(names) if not name]
        self.allow_nameless = columns.allow_nameless
        check_columns([name for name in names if name], file, columns, limits)
        if len(names) > limits.columns:
            raise Unreadable(f"{file} has {len(names):,} columns, {limits.columns:,} are allowed.")

    def row(self, number: int, record: list[str], size: int) -> Row:
        """Return the row of a record. No cell may be too long; a cell in a column without a name must be empty."""
        if len(record) != len(self.names):
            return Row(number, problem=f"it has {len(record)} cells, the header has {len(self.names)}", size=size)
        if longest := self.too_long(record, size):
            return Row(
                number, problem=f"the cell of {longest} is longer than {self.cell_length:,} characters", size=size
            )
        value = dict(zip(self.names, record, strict=True))
        for at in self.nameless:
            value.pop("", None)
            if record[at].strip() and not self.allow_nameless:
                problem = f"column {at + 1} has no name in the header, but holds {preview(record[at])}"
                return Row(number, value, problem, size)
        return Row(number, value, size=size)

    def too_long(self, record: list[str], size: int) -> str:
        """Return the column of the first cell that is too long, or nothing."""
        if size <= self.cell_length:
            return ""
        cells = zip(self.names, record, strict=True)
        return next((name or "a column without a name" for name, cell in cells if len(cell) > self.cell_length), "")


def csv_rows(content: io.BufferedReader, name: str, limits: Limits, columns: Columns) -> Iterator[Row]:
    """
    Yield the records of a CSV file as mappings from its header.

    :raises Unreadable: if the file is not valid CSV, or lacks a column
    """
    lines = RecordLines(io.TextIOWrapper(content, "utf-8-sig", "surrogateescape", newline=""), name, limits)
    number = 0
    try:
        first, separator = find_separator(lines, columns)
        records = csv.reader(chain([first], lines), delimiter=separator, strict=True)
        header = Header([cell.strip() for cell in next(records, [])], name, limits, columns)
        lines.record_length = 0
        for record in records:
            size, lines.record_length = lines.record_length, 0
            if record:
                number += 1
                yield header.row(number, record, size)
    except csv.Error as error:
        raise Unreadable(f"{name} cannot be read beyond record {number}: {error}.") from error


def find_separator(lines: RecordLines, columns: Columns) -> tuple[str, str]:
    """Return the first line of the header, and the separator: stated in a line before it, or found by the columns."""
    first = next((line for line in lines if line.strip()), "")
    if stated := SEPARATOR_LINE.fullmatch(first):
        return next(lines, ""), stated[1] or "\t"
    for separator in SEPARATORS:
        names = {cell.strip() for cell in next(csv.reader([first], delimiter=separator), [])}
        if columns.are_in(names):
            return first, separator
    return first, SEPARATORS[0]
