"""Open a file of rows, detect its form, and read it with the reader for that form."""

import gzip
import io
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from corpus.importing.limits import Limits
from corpus.importing.readers.array import array_rows
from corpus.importing.readers.contents import BEGINNING, check_contents, check_is_utf8
from corpus.importing.readers.csv import csv_rows
from corpus.importing.readers.lines import line_rows
from corpus.importing.readers.packing import BoundedReader
from corpus.importing.readers.parquet import parquet_rows
from corpus.importing.readers.row import CHUNK, Columns, Row, Unreadable, check_regular, readable_errors

EXTENSIONS = {".jsonl": "lines", ".ndjson": "lines", ".csv": "csv", ".parquet": "parquet", ".json": "json"}
ARRAY = re.compile(rb"\s*\[")
ARRAY_OF_OBJECTS = re.compile(rb"\s*\[\s*\{")


class RowFile:
    """
    A file of rows, open for reading. Use it in a `with` block.

    :param name: the file as its owner calls it, for messages; its path if empty
    :raises Unreadable: if the file cannot be opened, or holds something else than rows
    """

    def __init__(self, path: Path, limits: Limits, columns: Columns | None = None, *, name: str = "") -> None:
        self.path, self.name = path, name or str(path)
        self.limits = limits
        self.columns = columns or Columns()
        self.closing = ExitStack()
        try:
            with readable_errors(self.name):
                self.open()
        except BaseException:
            self.close()
            raise

    def open(self) -> None:
        """Open the file, and find out its form: `lines`, `array`, `csv` or `parquet`."""
        check_regular(self.path, self.name)
        self.size = self.path.stat().st_size
        self.raw: IO[bytes] = self.closing.enter_context(self.path.open("rb"))
        beginning = self.raw.read(BEGINNING)
        self.raw.seek(0)
        self.is_gzip = beginning.startswith(b"\x1f\x8b")
        check_contents(self.name, beginning)
        self.content = self.unpacked()
        self.form = self.detect_form()

    def __enter__(self) -> "RowFile":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and what was opened for it."""
        self.closing.close()

    @property
    def share_read(self) -> float:
        """Return the share of the file read so far, 0 to 1."""
        # A reader that reaches the end closes the file.
        return 1.0 if self.raw.closed or not self.size else min(1.0, self.raw.tell() / self.size)

    def rows(self) -> Iterator[Row]:
        """
        Yield the rows of the file.

        :raises Unreadable: if the file cannot be read to its end, or is not valid
        """
        with readable_errors(self.name):
            if self.form == "parquet":
                yield from parquet_rows(self.seekable(), self.name, self.limits, self.columns)
            elif self.form == "csv":
                yield from csv_rows(self.content, self.name, self.limits, self.columns)
            elif self.form == "array":
                yield from array_rows(self.content, self.name, self.limits)
            else:
                yield from line_rows(self.content, self.name, self.limits)

    def unpacked(self) -> io.BufferedReader:
        """Return the unpacked content."""
        if not self.is_gzip:
            return io.BufferedReader(self.raw, CHUNK)  # type: ignore[arg-type]
        unpacked = self.closing.enter_context(gzip.open(self.raw))  # noqa: SIM115
        return io.BufferedReader(BoundedReader(unpacked, self.name, self.limits.unpacked_bytes), CHUNK)

    def detect_form(self) -> str:
        """
        Return the form: `lines`, `array`, `csv` or `parquet`, by the name and, for JSON, by the first characters.

        :raises Unreadable: if the name has no known extension, or the content is of another form
        """
        form = EXTENSIONS.get(Path(self.path.name.lower().removesuffix(".gz")).suffix)
        if form is None:
            raise Unreadable(
                f"{self.name}: the form is not known. Name it .jsonl, .json, .csv or .parquet (or those with .gz)."
            )
        beginning = self.content.peek(CHUNK)[:CHUNK]
        check_contents(self.name, beginning)  # once more, because it may have been packed
        if form == "parquet":
            return form
        if beginning.startswith(b"PAR1"):
            raise Unreadable(f"{self.name} is a Parquet file. Name it .parquet.")
        check_is_utf8(self.name, beginning)
        array = ARRAY if form == "json" else ARRAY_OF_OBJECTS
        if form != "csv" and array.match(beginning.lstrip(b"\xef\xbb\xbf")):
            return "array"
        return "csv" if form == "csv" else "lines"

    def seekable(self) -> IO[bytes]:
        """Return a seekable file for Parquet, which is read from its end; a gzipped one is unpacked to disk."""
        if not self.is_gzip:
            self.raw.seek(0)
            return self.raw
        unpacked = self.closing.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
        shutil.copyfileobj(self.content, unpacked, CHUNK)
        unpacked.seek(0)
        return unpacked
