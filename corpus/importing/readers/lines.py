"""Read JSON lines."""

import io
from collections.abc import Iterator

from corpus.importing.limits import Limits
from corpus.importing.readers.decoding import JsonDecoder
from corpus.importing.readers.row import CHUNK, Row, Unreadable

OPENINGS = (b"{", b"[", b",")
SHORT = 1_000


def line_rows(content: io.BufferedReader, name: str, limits: Limits) -> Iterator[Row]:
    """
    Yield a row for every line that is not blank; the number is that of the line.

    :raises Unreadable: if the first line is only the beginning of a value, so that the file is not written in lines
    """
    decoder = JsonDecoder()
    number = 0
    while line := content.readline(limits.row_bytes + 1):
        number += 1
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if len(line) > limits.row_bytes and not line.endswith(b"\n"):
            skip_line(content)
            yield Row(number, problem=f"the line is longer than {limits.row_bytes:,} bytes")
        elif line and not line.isspace():
            row = decoder.line(number, line.decode("utf-8", "surrogateescape"))
            if number == 1 and row.problem:
                check_first_line(line.strip(), name)
            row.size = len(line)
            yield row


def check_first_line(line: bytes, name: str) -> None:
    """
    Check that an invalid first line is not the beginning of JSON that is spread over several lines.

    :raises Unreadable: if it is
    """
    if len(line) < SHORT and line.endswith(OPENINGS):
        raise Unreadable(
            f"{name} is one JSON value over several lines. Write one object per line, or an array of objects."
        )


def skip_line(content: io.BufferedReader) -> None:
    """Read to the end of the line."""
    while (part := content.readline(CHUNK)) and not part.endswith(b"\n"):
        pass
