"""Chat messages: JSON lines with `messages` in OpenAI's form, as chat templates and trainers load them."""

from collections.abc import Iterator
from typing import Any

from corpus.turns import message_of
from releases.consumers.source import Row, Source
from releases.consumers.target import Target
from releases.lines import json_line
from releases.row_keys import PARTS

INSTEAD = (*PARTS, "turns")
"What the messages say in full."


def files(source: Source, target: Target) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield a file of JSON lines a part."""
    for part in source.parts:
        yield f"{part}.jsonl", lines(source.rows(part), target)


def lines(rows: Iterator[Row], target: Target) -> Iterator[bytes]:
    """Yield each dialogue as a line: its id, its messages as they came, and what is known of it."""
    for row in rows:
        target.rows += 1
        known = {key: value for key, value in row.items() if key not in INSTEAD}
        yield json_line({"id": known.pop("id"), "messages": messages_of(row), **known})


def messages_of(row: Row) -> list[dict[str, Any]]:
    """Return the turns of a row as messages, calls of tools and parts of content as they came."""
    return [message_of(turn) for turn in row["turns"]]
