"""Write rows as JSON that every reader of lines takes."""

from collections.abc import Mapping
from typing import Any

import orjson

# JSON allows these within a text, but readers that split at every line end of Unicode break such a row in two.
LINE_ENDS = {character.encode(): f"\\u{ord(character):04x}".encode() for character in "\u0085\u2028\u2029"}


def json_line(row: Mapping[str, Any]) -> bytes:
    """Return a row as JSON and a line feed, on one line for every reader."""
    return on_one_line(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))


def on_one_line(line: bytes) -> bytes:
    """Return a line of JSON with all line ends but its own as escapes, which are the same text."""
    if not line.isascii():
        for character, escape in LINE_ENDS.items():
            line = line.replace(character, escape)
    return line
