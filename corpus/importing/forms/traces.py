"""
Exports of traces: observations of Langfuse, and spans of Phoenix (OpenInference). A call of a model is a dialogue.

See https://langfuse.com/docs/api-and-data-platform/features/export-from-ui and
https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md.
"""

from typing import Any

from corpus.errors import Invalid
from corpus.importing.forms.form import Form, RawRow
from corpus.importing.values import decoded, is_absent
from corpus.labels import preview

SPAN = "attributes"
DUPLICATES = ("input", "output")
"What a call was asked and said: in an observation its messages, in the attributes of a span the same once more."


def is_langfuse(row: RawRow) -> bool:
    """Return whether a row is an observation."""
    return "traceId" in row and "type" in row and {"input", "output"} <= row.keys()


def langfuse_rows(row: RawRow) -> list[RawRow]:
    """
    Return the dialogue of a generation: the messages of its input, then its output.

    :raises Invalid: if it is another observation, or its input is no dialogue
    """
    if str(row.get("type", "")).upper() != "GENERATION":
        raise Invalid("type", f"{preview(row.get('type'))} is no GENERATION: only calls of models are dialogues")
    asked, said = (decoded(row.get(field), field) for field in DUPLICATES)
    messages = [*messages_in(asked, "user", "input"), *messages_in(said, "assistant", "output")]
    rest = {key: value for key, value in row.items() if key not in DUPLICATES and not is_absent(value)}
    beside = {field: left for field, value in zip(DUPLICATES, (asked, said), strict=True) if (left := left_in(value))}
    if "messages" in rest:
        raise Invalid("messages", "an observation has its messages in input and output")
    return [{**rest, **beside, "messages": messages}]


def left_in(value: Any) -> dict[str, Any]:
    """Return what an input or an output says beside its messages: definitions of tools, say."""
    if not (isinstance(value, dict) and isinstance(value.get("messages"), list)):
        return {}
    return {key: each for key, each in value.items() if key != "messages"}


def messages_in(value: Any, role: str, field: str) -> list[Any]:
    """
    Return the messages in an input or an output: a list, `messages` in an object, one message, or a text.

    :param role: of a text
    :raises Invalid: if it is something else
    """
    if is_absent(value) or value == "":
        return []
    if isinstance(value, dict) and isinstance(value.get("messages"), list):
        value = value["messages"]
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and "role" in value:
        return [value]
    if isinstance(value, str):
        return [{"role": role, "content": value}]
    raise Invalid(field, f"{preview(value)} holds no messages")


def is_phoenix(row: RawRow) -> bool:
    """Return whether a row is a span."""
    has_id = "context.span_id" in row or (isinstance(row.get("context"), dict) and "span_id" in row["context"])
    return has_id and ("span_kind" in row or "attributes" in row)


def phoenix_rows(row: RawRow) -> list[RawRow]:
    """
    Return the dialogue of a call of a model: its input messages, then its output messages.

    :raises Invalid: if the span has no such messages
    """
    span = nested({key: value for key, value in row.items() if not is_absent(value)})
    attributes = span.get(SPAN)
    llm = attributes.get("llm") if isinstance(attributes, dict) else None
    if not isinstance(llm, dict) or "input_messages" not in llm:
        raise Invalid("attributes.llm.input_messages", f"a span of kind {preview(span.get('span_kind'))} has none")
    listed = [*as_list(llm.pop("input_messages")), *as_list(llm.pop("output_messages", []))]
    for key in DUPLICATES:
        attributes.pop(key, None)
    context = span.get("context")
    name = context.get("span_id") if isinstance(context, dict) else None
    return [{"id": name, "messages": [message_of(each) for each in listed], "span": span}]


def as_list(value: Any) -> list[Any]:
    """Return a list, also one in JSON or one whose places are keys."""
    value = decoded(value, SPAN)
    if isinstance(value, dict):
        value = [value[key] for key in sorted(value, key=lambda key: int(key) if key.isdecimal() else 0)]
    return value if isinstance(value, list) else [value]


def nested(value: Any) -> Any:
    """Return a value in which keys with dots, as `message.role`, are objects in objects."""
    if isinstance(value, list):
        return [nested(each) for each in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for key, inner in value.items():
        place, *rest = reversed(str(key).split("."))
        found = merged(found, wrap(rest, {place: nested(inner)}))
    return found


def wrap(outer: list[str], value: dict[str, Any]) -> dict[str, Any]:
    """Return a value within objects, the innermost key first."""
    for key in outer:
        value = {key: value}
    return value


def merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return two objects as one, and those within them."""
    both = dict(one)
    for key, value in other.items():
        here = both.get(key)
        both[key] = merged(here, value) if isinstance(here, dict) and isinstance(value, dict) else value
    return both


def message_of(item: Any) -> Any:
    """Return a message of a span in OpenAI's form."""
    said = nested(item)
    said = said.get("message", said) if isinstance(said, dict) else said
    if not isinstance(said, dict):
        return said
    message = dict(said)
    if "contents" in message:
        parts = [nested(part) for part in as_list(message.pop("contents"))]
        message["content"] = [part_of(part) for part in parts]
    if message.get("tool_calls"):
        message["tool_calls"] = [call_of(nested(call)) for call in as_list(message["tool_calls"])]
    return message


def part_of(part: Any) -> Any:
    """Return a part of a message's content in OpenAI's form, in which a text may stand for itself."""
    part = part.get("message_content", part) if isinstance(part, dict) else part
    if not isinstance(part, dict) or part.get("type") != "image":
        return part
    image = part.get("image", {})
    image = image.get("image", image) if isinstance(image, dict) else image
    url = image.get("url", "") if isinstance(image, dict) else image
    return {"type": "image_url", "image_url": {"url": url}}


def call_of(call: Any) -> Any:
    """Return a call of a tool in OpenAI's form."""
    return call.get("tool_call", call) if isinstance(call, dict) else call


LANGFUSE = Form(
    "langfuse", "Langfuse observations", is_langfuse, langfuse_rows, frozenset({"traceId", "type", "input", "output"})
)
PHOENIX = Form("phoenix", "Phoenix spans (OpenInference)", is_phoenix, phoenix_rows, frozenset({"context.span_id"}))
