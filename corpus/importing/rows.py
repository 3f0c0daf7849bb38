"""
Read a file as numbered rows, whatever its form, one at a time.

JSON lines, a JSON array, CSV or Parquet, each also gzipped. A row that cannot be read
is handed on with the reason; a file that cannot be read to its end raises `Unreadable`.
"""

import csv
import gzip
import io
import json
import re
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson

from corpus.errors import Refused
from corpus.importing.limits import Limits

CHUNK = 2**20
PARQUET_ROWS = 1_000
EXTENSIONS = {".jsonl": "lines", ".ndjson": "lines", ".csv": "csv", ".parquet": "parquet", ".json": "json"}

ARCHIVES = {
    b"PK\x03\x04": "a zip archive",
    b"PK\x05\x06": "a zip archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a rar archive",
    b"\xfd7zXZ\x00": "an xz file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
}
"What a file may begin with that is packed in a way we do not unpack."
THRIFT_BYTES, THRIFT_ITEMS = 64 * 2**20, 1_000_000
"Of one text and one list in the header of a Parquet file, which says itself how long they are."


class Unreadable(Refused):
    """The file cannot be read to its end, or lacks a column; nothing of it may be kept."""


@dataclass(frozen=True)
class Columns:
    """What a form with columns, CSV or Parquet, must have."""

    required: frozenset[str] = frozenset()
    one_of: frozenset[str] = frozenset()


@dataclass(slots=True)
class Row:
    number: int
    "A line of JSONL; a record, from 1, of anything else."
    value: Any = None
    problem: str = ""
    "Why there is no value."


class RowFile:
    """
    A file of rows, open for reading. Use it in a `with` block.

    :raises Unreadable: if it is not there, or its form is not known
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
        self.closing.close()

    @property
    def share_read(self) -> float:
        """How much of the file has been read, 0 to 1."""
        # A reader that has come to the end closes what it read from.
        return 1.0 if self.raw.closed or not self.size else min(1.0, self.raw.tell() / self.size)

    def rows(self) -> Iterator[Row]:
        """
        :raises Unreadable: where the file breaks off or is not what it says it is
        """
        try:
            yield from self.rows_of_its_form()
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise Unreadable(f"{self.path} is not a whole gzip file: {error}.") from error
        except OSError as error:
            raise Unreadable(f"{self.path} cannot be read: {error}.") from error

    def rows_of_its_form(self) -> Iterator[Row]:
        content = self.content()
        form = self.form(content)
        if form == "parquet":
            yield from parquet_rows(self.seekable(content), self.path, self.limits, self.columns)
        elif form == "csv":
            yield from csv_rows(content, self.path, self.limits, self.columns)
        elif form == "array":
            yield from array_rows(content, self.path, self.limits)
        else:
            yield from line_rows(content, self.limits)

    def content(self) -> io.BufferedReader:
        if not self.is_gzip:
            return io.BufferedReader(self.raw, CHUNK)  # type: ignore[arg-type]
        unpacked = self.closing.enter_context(gzip.open(self.raw))  # noqa: SIM115
        return io.BufferedReader(Bounded(unpacked, self.path, self.limits.unpacked_bytes), CHUNK)

    def form(self, content: io.BufferedReader) -> str:
        """Tell the form by the name, and JSON's two apart by their first character."""
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
        """Parquet is read from its end: unpack a gzipped one to a temporary file."""
        if not self.is_gzip:
            return self.raw
        unpacked = self.closing.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
        shutil.copyfileobj(content, unpacked, CHUNK)
        unpacked.seek(0)
        return unpacked


class Bounded(io.RawIOBase):
    """What is unpacked, until there is too much of it: a thousand bytes may be packed into one."""

    def __init__(self, source: Any, path: Path, most: int) -> None:
        self.source, self.path, self.most, self.size = source, path, most, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part = self.source.read(len(buffer))
        self.size += len(part)
        if self.size > self.most:
            raise too_much(self.path, self.most)
        buffer[: len(part)] = part
        return len(part)


def too_much(path: Path, most: int) -> Unreadable:
    return Unreadable(f"{path.name} unpacks to more than {most:,} bytes (UNPACKED_BYTES). Split it.")


def check_not_archive(name: str, beginning: bytes) -> None:
    """
    :raises Unreadable: if the file is packed in a way that is not unpacked here
    """
    for mark, kind in ARCHIVES.items():
        if beginning.startswith(mark):
            raise Unreadable(f"{name} is {kind}. Unpack it, and send the file in it; gzip is taken, too.")


def line_rows(content: io.BufferedReader, limits: Limits) -> Iterator[Row]:
    number = 0
    while line := content.readline(limits.row_bytes + 1):
        number += 1
        if len(line) > limits.row_bytes and not line.endswith(b"\n"):
            skip_line(content)
            yield Row(number, problem=f"the line is longer than {limits.row_bytes:,} bytes")
        elif line.strip() and (number > 1 or line.strip(b"\xef\xbb\xbf \r\n")):
            yield parse_line(number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line)


def skip_line(content: io.BufferedReader) -> None:
    while (part := content.readline(CHUNK)) and not part.endswith(b"\n"):
        pass


def parse_line(number: int, line: bytes) -> Row:
    try:
        return Row(number, orjson.loads(line))
    except orjson.JSONDecodeError:
        pass
    # The standard parser is slower but takes NaN, which Python itself writes, and tells more.
    try:
        return Row(number, json.loads(line.decode("utf-8", "surrogateescape")))
    except RecursionError:
        return Row(number, problem="it is nested too deep")
    except ValueError as error:
        return Row(number, problem=f"not valid JSON: {error}")


def array_rows(content: io.BufferedReader, path: Path, limits: Limits) -> Iterator[Row]:
    """
    Walk a JSON array element by element, holding one element and one chunk at most.

    A reader of events would be stricter than the files are: Python writes NaN into JSON.
    """
    text = ArrayText(io.TextIOWrapper(content, "utf-8-sig", "surrogateescape"), path, limits)
    text.expect("[")
    if text.next_character() == "]":
        text.take()
        text.expect_end()
        return
    number = 0
    while True:
        number += 1
        yield text.element(number)
        if (mark := text.take()) == "]":
            break
        if mark != ",":
            raise text.broken(number, "a comma or the end of the array is missing")
    text.expect_end()


class ArrayText:
    """The part of an array that is in memory, and where in it the reading is."""

    SPACE = re.compile(r"[ \t\r\n]*")
    MARK = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)

    def __init__(self, source: io.TextIOWrapper, path: Path, limits: Limits) -> None:
        self.source, self.path, self.limits = source, path, limits
        self.text, self.at, self.ended = "", 0, False
        self.decoder = json.JSONDecoder()

    def more(self) -> bool:
        """Read on; each time as much again as is waiting, so that a long element costs no more than its length."""
        waiting = self.text[self.at :]
        part = "" if self.ended else self.source.read(max(CHUNK, len(waiting)))
        self.ended = not part
        self.text, self.at = waiting + part, 0
        return bool(part)

    def next_character(self) -> str:
        while True:
            self.at = self.SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def take(self) -> str:
        character = self.next_character()
        self.at += 1
        return character

    def expect(self, character: str) -> None:
        if self.take() != character:
            raise Unreadable(f"{self.path} is not a JSON array.")

    def expect_end(self) -> None:
        if self.next_character():
            raise Unreadable(f"{self.path} goes on after the end of its array.")

    def broken(self, number: int, reason: str) -> Unreadable:
        return Unreadable(f"{self.path} cannot be read beyond record {number}: {reason}.")

    def element(self, number: int) -> Row:
        self.next_character()
        while True:
            try:
                value, end = self.decoder.raw_decode(self.text, self.at)
                if end < len(self.text) or self.ended:  # a number may go on in the next chunk
                    self.at = end
                    return Row(number, value)
                problem = "the array breaks off"
            except RecursionError:
                self.skip_nested(number)
                return Row(number, problem="it is nested too deep")
            except ValueError as error:
                problem = str(error)
            if len(self.text) - self.at > self.limits.row_bytes:
                raise self.broken(number, f"it is broken, or longer than {self.limits.row_bytes:,} bytes")
            if not self.more() and self.ended and problem != "the array breaks off":
                raise self.broken(number, problem)

    def skip_nested(self, number: int) -> None:
        """Step over an element by counting its brackets."""
        while True:
            depth = 0
            for mark in self.MARK.finditer(self.text, self.at):
                depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(mark[0], 0)
                if depth == 0 and mark[0] in "]}":
                    self.at = mark.end()
                    return
            if len(self.text) - self.at > self.limits.row_bytes or not self.more():
                raise self.broken(number, "it is nested too deep and does not end")


class RecordLines:
    """
    The lines of a CSV file, as long as a record of them is not too long.

    The reader itself looks at the length of a cell only once it has the whole line.
    """

    CELLS = 4
    "Of the longest kind, which a record may have."

    def __init__(self, source: io.TextIOWrapper, path: Path, limits: Limits) -> None:
        self.source, self.path, self.most = source, path, self.CELLS * limits.row_bytes
        self.of_record = 0

    def __iter__(self) -> "RecordLines":
        return self

    def __next__(self) -> str:
        line = self.source.readline(self.most + 1)
        self.of_record += len(line)
        if self.of_record > self.most:
            raise Unreadable(f"{self.path} cannot be read further: a record is longer than {self.most:,} characters.")
        if not line:
            raise StopIteration
        return line


def csv_rows(content: io.BufferedReader, path: Path, limits: Limits, columns: Columns) -> Iterator[Row]:
    csv.field_size_limit(limits.row_bytes)
    lines = RecordLines(io.TextIOWrapper(content, "utf-8-sig", "surrogateescape", newline=""), path, limits)
    records = csv.reader(lines, strict=True)
    number = 0
    try:
        header = [name.strip() for name in next(records, [])]
        check_columns(header, path, columns)
        for record in records:
            lines.of_record = 0
            if not record:
                continue
            number += 1
            if len(record) == len(header):
                yield Row(number, dict(zip(header, record, strict=True)))
            else:
                yield Row(number, problem=f"it has {len(record)} cells, the header has {len(header)}")
    except csv.Error as error:
        raise Unreadable(f"{path} cannot be read beyond record {number}: {error}.") from error


def check_columns(names: list[str], path: Path, columns: Columns) -> None:
    if columns.one_of and not columns.one_of & set(names):
        raise Unreadable(f"{path} has none of the columns {', '.join(sorted(columns.one_of))}.")
    if missing := sorted(columns.required - set(names)):
        raise Unreadable(f"{path} lacks the column {', '.join(missing)}.")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Unreadable(f"{path} has the column {', '.join(twice)} twice.")


def parquet_rows(content: IO[bytes], path: Path, limits: Limits, columns: Columns) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        file = pq.ParquetFile(
            content,
            buffer_size=CHUNK,  # read a row group as it is needed, however large it is
            thrift_string_size_limit=THRIFT_BYTES,
            thrift_container_size_limit=THRIFT_ITEMS,
        )
        header = file.metadata
        if sum(header.row_group(at).total_byte_size for at in range(header.num_row_groups)) > limits.unpacked_bytes:
            raise too_much(path, limits.unpacked_bytes)
        check_columns(file.schema_arrow.names, path, columns)
        for batch in file.iter_batches(batch_size=PARQUET_ROWS):
            for row in parquet_batch(batch, number):
                number += 1
                yield row
    except (pa.ArrowException, OSError, MemoryError, OverflowError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise Unreadable(f"{path} cannot be read beyond record {number}: {reason}.") from error


def parquet_batch(batch: Any, before: int) -> Iterator[Row]:
    try:
        yield from (Row(before + at, value) for at, value in enumerate(batch.to_pylist(), start=1))
    except UnicodeDecodeError:
        # Somewhere in the batch is text that is not UTF-8: find the records one by one.
        for at in range(batch.num_rows):
            try:
                yield Row(before + at + 1, batch.slice(at, 1).to_pylist()[0])
            except UnicodeDecodeError as error:
                yield Row(before + at + 1, problem=f"not valid UTF-8: {error.reason}")
