"""Read CSV with a header."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from corpus.importing.limits import Limits
from corpus.importing.readers.row import Columns, Row, Unreadable, check_columns


class RecordLines:
    """
    The lines of a CSV file, with a limit on the length of a record.

    The csv module checks the length of a cell only when it has read the whole line.
    """

    LONGEST_CELLS = 4
    "How many cells of the greatest length a record may have."

    def __init__(self, source: io.TextIOWrapper, path: Path, limits: Limits) -> None:
        self.source, self.path, self.limit = source, path, self.LONGEST_CELLS * limits.row_bytes
        self.record_length = 0

    def __iter__(self) -> "RecordLines":
        return self

    def __next__(self) -> str:
        line = self.source.readline(self.limit + 1)
        self.record_length += len(line)
        if self.record_length > self.limit:
            raise Unreadable(f"{self.path} cannot be read further: a record is longer than {self.limit:,} characters.")
        if not line:
            raise StopIteration
        return line


def csv_rows(content: io.BufferedReader, path: Path, limits: Limits, columns: Columns) -> Iterator[Row]:
    """
    Yield the records of a CSV file as mappings from its header.

    :raises Unreadable: if the file is not valid CSV, or lacks a column
    """
    csv.field_size_limit(limits.row_bytes)
    lines = RecordLines(io.TextIOWrapper(content, "utf-8-sig", "surrogateescape", newline=""), path, limits)
    records = csv.reader(lines, strict=True)
    number = 0
    try:
        header = [name.strip() for name in next(records, [])]
        check_columns(header, path, columns)
        for record in records:
            lines.record_length = 0
            if not record:
                continue
            number += 1
            if len(record) == len(header):
                yield Row(number, dict(zip(header, record, strict=True)))
            else:
                yield Row(number, problem=f"it has {len(record)} cells, the header has {len(header)}")
    except csv.Error as error:
        raise Unreadable(f"{path} cannot be read beyond record {number}: {error}.") from error
