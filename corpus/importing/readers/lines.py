"""Read JSON lines."""

import io
import json
from collections.abc import Iterator

import orjson

from corpus.importing.limits import Limits
from corpus.importing.readers.row import CHUNK, Row


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
