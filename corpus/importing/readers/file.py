"""Open a file of rows, detect its form, and read it with the reader for that form."""

import gzip
import io
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from corpus.errors import Refused
from corpus.importing.batches import batched
from corpus.importing.limits import Limits
from corpus.importing.readers.array import array_rows
from corpus.importing.readers.csv import csv_rows
from corpus.importing.readers.lines import line_rows
from corpus.importing.readers.packing import BoundedReader, check_not_archive
from corpus.importing.readers.parquet import parquet_rows
from corpus.importing.readers.row import CHUNK, Columns, Row, Unreadable

EXTENSIONS = {".jsonl": "lines", ".ndjson": "lines", ".csv": "csv", ".parquet": "parquet", ".json": "json"}


class RowFile:
    """
    A file of rows, open for reading. Use it in a `with` block.

    :raises Unreadable: if the file cannot be opened, or is an archive other than gzip
    """

    def __init__(self, path: Path, limits: Limits, columns: Columns | None = None) -> None:
        self.path = path
        self.limits = limits
        self.columns = columns or Columns()
        self.closing = ExitStack()
        try:
            self.size = path.stat().st_size
            self.raw: IO[bytes] = self.closing.enter_context(path.open("rb"))
            beginning = self.raw.read(8)
        except OSError as error:
            raise Unreadable(f"{path} cannot be read: {error.strerror}.") from error
        self.is_gzip = beginning.startswith(b"\x1f\x8b")
        self.raw.seek(0)
        try:
            check_not_archive(path.name, beginning)
        except Refused:
            self.close()
            raise

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

        :raises Unreadable: if the file cannot be read to its end, is not valid, or its form is not known
        """
        try:
            yield from self.parsed_rows()
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise Unreadable(f"{self.path} is not a whole gzip file: {error}.") from error
        except OSError as error:
            raise Unreadable(f"{self.path} cannot be read: {error}.") from error

    def batches(self) -> Iterator[tuple[list[Row], float]]:
        """
        Yield the rows in lists, each with the share of the file read so far, 0 to 1.

        :raises Unreadable: if the file cannot be read to its end
        """
        for rows in batched(self.rows()):
            yield rows, self.share_read

    def parsed_rows(self) -> Iterator[Row]:
        """Yield the rows with the reader for the file's form."""
        content = self.content()
        form = self.detect_form(content)
        if form == "parquet":
            yield from parquet_rows(self.seekable(content), self.path, self.limits, self.columns)
        elif form == "csv":
            yield from csv_rows(content, self.path, self.limits, self.columns)
        elif form == "array":
            yield from array_rows(content, self.path, self.limits)
        else:
            yield from line_rows(content, self.limits)

    def content(self) -> io.BufferedReader:
        """Return the unpacked content."""
        if not self.is_gzip:
            return io.BufferedReader(self.raw, CHUNK)  # type: ignore[arg-type]
        unpacked = self.closing.enter_context(gzip.open(self.raw))  # noqa: SIM115
        return io.BufferedReader(BoundedReader(unpacked, self.path, self.limits.unpacked_bytes), CHUNK)

    def detect_form(self, content: io.BufferedReader) -> str:
        """
        Return the form: `lines`, `array`, `csv` or `parquet`, by the name and, for JSON, by the first character.

        :raises Unreadable: if the name has no known extension
        """
        name = self.path.name.lower().removesuffix(".gz")
        form = EXTENSIONS.get(Path(name).suffix)
        if form is None:
            raise Unreadable(
                f"{self.path.name}: the form is not known. Name it .jsonl, .json, .csv or .parquet (or those with .gz)."
            )
        if form == "json":
            return "array" if content.peek(CHUNK)[:CHUNK].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"[" else "lines"
        return form

    def seekable(self, content: io.BufferedReader) -> IO[bytes]:
        """Return a seekable file for Parquet, which is read from its end; a gzipped one is unpacked to disk."""
        if not self.is_gzip:
            return self.raw
        unpacked = self.closing.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
        shutil.copyfileobj(content, unpacked, CHUNK)
        unpacked.seek(0)
        return unpacked
