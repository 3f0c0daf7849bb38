"""
Inspect's samples, read by `inspect_ai.dataset.json_dataset` without a mapping.

The input is the dialogue, response included. The target is the label of the response, or of the prompt where no
response is labelled; `metadata` has both. A message of Inspect has fewer members than OpenAI's: dialogues with more
than texts have their messages as they came in `metadata`, too.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from corpus.labels import Field
from corpus.turns import message_of, render_part
from releases.consumers.messages import INSTEAD, messages_of
from releases.consumers.source import Row, Source
from releases.consumers.target import Target
from releases.lines import json_line

IMAGES = ("image_url", "input_image")


def files(source: Source, target: Target) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield a file of samples a part, as JSON lines."""
    for part in source.parts:
        yield f"{part}.jsonl", lines(source.rows(part), target)


def lines(rows: Iterator[Row], target: Target) -> Iterator[bytes]:
    """Yield each dialogue as a sample; ids are those of items, since Inspect wants each id once."""
    for row in rows:
        target.rows += 1
        yield json_line(sample_of(row))


def sample_of(row: Row) -> dict[str, Any]:
    """Return a row as a sample."""
    judged = Field.RESPONSE if row[Field.RESPONSE] else Field.PROMPT
    metadata = {key: value for key, value in row.items() if key not in INSTEAD} | {"judged": judged.part}
    if any("message" in turn for turn in row["turns"]):
        metadata["messages"] = messages_of(row)
    turns = [input_message(message_of(turn)) for turn in row["turns"]]
    return {"id": row["item"], "input": turns, "target": row[judged], "metadata": metadata}


def input_message(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message of OpenAI's form as one of Inspect's, in which no content is an empty text."""
    found = {"role": message["role"], "content": content_of(message.get("content"))}
    if thought := message.get("reasoning_content"):
        said = found["content"]
        parts = said if isinstance(said, list) else [{"type": "text", "text": said}]
        found["content"] = [{"type": "reasoning", "reasoning": thought}, *parts]
    if message.get("tool_calls"):
        found["tool_calls"] = [tool_call(call, at) for at, call in enumerate(message["tool_calls"])]
    if message["role"] == "tool":
        found |= {"tool_call_id": message.get("tool_call_id"), "function": message.get("name")}
    return found


def content_of(content: object) -> str | list[dict[str, Any]]:
    """Return the content of a message: texts and images as Inspect has them, and a file as a note of where it is."""
    if isinstance(content, list):
        return [image_part(part) if part["type"] in IMAGES else text_part(part) for part in content]
    return content if isinstance(content, str) else ""


def image_part(part: Mapping[str, Any]) -> dict[str, Any]:
    """Return an image by its address."""
    image = part["image_url"]
    return {"type": "image", "image": image["url"] if isinstance(image, Mapping) else image}


def text_part(part: Mapping[str, Any]) -> dict[str, Any]:
    """Return a part as text."""
    return {"type": "text", "text": render_part(part)}


def tool_call(call: Mapping[str, Any], at: int) -> dict[str, Any]:
    """
    Return a call in Inspect's form, whose arguments are an object, and whose id is not absent.

    :param at: the place of the call in its message, from 0
    """
    function = call["function"]
    made = {"id": call.get("id") or f"call-{at}", "function": function["name"], "type": "function"}
    arguments = object_in(function["arguments"])
    if arguments is None:
        return made | {"arguments": {}, "parse_error": f"The arguments are no JSON object: {function['arguments']}"}
    return made | {"arguments": arguments}


def object_in(text: str) -> dict[str, Any] | None:
    """Return the JSON object that a text is, or None; no arguments are an empty one."""
    try:
        value = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None
