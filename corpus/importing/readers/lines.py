"""Read JSON lines."""

import io
import json
from collections.abc import Iterator

import orjson

from corpus.importing.limits import Limits
from corpus.importing.readers.row import CHUNK, Row


def line_rows(content: io.BufferedReader, limits: Limits) -> Iterator[Row]:
    """Yield a row for every line that is not blank; the number is that of the line."""
    number = 0
    while line := content.readline(limits.row_bytes + 1):
        number += 1
        if len(line) > limits.row_bytes and not line.endswith(b"\n"):
            skip_line(content)
            yield Row(number, problem=f"the line is longer than {limits.row_bytes:,} bytes")
        elif line.strip() and (number > 1 or line.strip(b"\xef\xbb\xbf \r\n")):
            yield parse_line(number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line)


def skip_line(content: io.BufferedReader) -> None:
    """Read to the end of the line."""
    while (part := content.readline(CHUNK)) and not part.endswith(b"\n"):
        pass


def parse_line(number: int, line: bytes) -> Row:
    """Parse one line as JSON."""
    try:
        return Row(number, orjson.loads(line))
    except orjson.JSONDecodeError:
        pass
    # The standard parser is slower, but accepts NaN, which Python's own writer produces, and explains more.
    try:
        return Row(number, json.loads(line.decode("utf-8", "surrogateescape")))
    except RecursionError:
        return Row(number, problem="it is nested too deep")
    except ValueError as error:
        return Row(number, problem=f"not valid JSON: {error}")
