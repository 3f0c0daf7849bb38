"""
The turns of a dialogue: which one is the response, and how calls of tools read as text. Pure.

A turn has a `role` and a `text`, which is what people and models read. A turn that was more than text in its source has
the `message` besides, in OpenAI's form: `content` where it is other than the text, `reasoning_content`, `name`,
`tool_calls` and `tool_call_id`. Its text is rendered from it, so whatever shows, counts, searches or judges text need
not know of tools.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from corpus.shapes import TurnShape

ROLES = ("system", "user", "assistant", "tool")
BLANKS = " \t\r\n"
"Models write some of these before they call a tool."
KEY_ORDER = (
    *(
        "role",
        "content",
        "reasoning_content",
        "refusal",
        "name",
        "tool_calls",
        "tool_call_id",
        "id",
        "type",
        "function",
        "arguments",
    ),
    *("text", "image_url", "url", "detail", "file", "filename", "file_id"),
)
"The order of keys in a message that is written; the database keeps none."


def has_response(turns: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether a dialogue ends in a response: a turn of the assistant that does more than call tools."""
    return bool(turns) and turns[-1]["role"] == "assistant" and not only_calls(turns[-1])


def only_calls(turn: Mapping[str, Any]) -> bool:
    """Return whether a turn calls tools and says nothing, so that it is no response by itself."""
    message = turn.get("message")
    if not message or not message.get("tool_calls"):
        return False
    content = message.get("content") or ""
    return isinstance(content, str) and not content.strip(BLANKS)


def is_of_tools(turn: Mapping[str, Any]) -> bool:
    """Return whether a turn is the result of a tool, or only calls tools."""
    return turn["role"] == "tool" or only_calls(turn)


def without_response(turns: Sequence[TurnShape]) -> Sequence[TurnShape]:
    """Return the turns before the response; all of them where there is none."""
    return turns[:-1] if has_response(turns) else turns


def prompt_text(turns: Sequence[TurnShape]) -> str:
    """Return the prompt of a dialogue as exports have it: a single turn's text, or each turn as `role: text`."""
    before = without_response(turns)
    if len(before) == 1:
        return before[0]["text"]
    return "\n\n".join(f"{turn['role']}: {turn['text']}" for turn in before)


def render_message(role: str, message: Mapping[str, Any]) -> str:
    """Return a message as text: who or what speaks if it has a name, what it thinks, says, and a line for each call."""
    thought = f"[thinking: {message['reasoning_content']}]" if message.get("reasoning_content") else ""
    calls = [render_call(call) for call in message.get("tool_calls") or ()]
    lines = [render_head(role, message), thought, render_content(message.get("content")), *calls]
    return "\n".join(line for line in lines if line)


def render_head(role: str, message: Mapping[str, Any]) -> str:
    """Return a line that names the tool a result is from, or the person who speaks; empty if neither is named."""
    name, call = message.get("name", ""), message.get("tool_call_id", "")
    if role != "tool":
        return f"[from {name}]" if name else ""
    about = f"{name} ({call})" if name and call else name or call
    return f"[result of {about}]" if about else ""


def render_call(call: Mapping[str, Any]) -> str:
    """Return the call of a tool as one line, or more if its arguments have them."""
    name = call["function"]["name"]
    about = f"{name} ({call['id']})" if call.get("id") else name
    return f"[call {about}: {call['function']['arguments']}]"


def render_content(content: object) -> str:
    """Return the text of a message's content: of a list, that of its parts, one below the other."""
    if isinstance(content, list):
        return "\n".join(render_part(part) for part in content)
    return content if isinstance(content, str) else ""


def render_part(part: Mapping[str, Any]) -> str:
    """Return a part of a message's content as text: an image or a file as a note of where it is."""
    kind = part["type"]
    if kind in ("image_url", "input_image"):
        image = part["image_url"]
        return f"[image: {image['url'] if isinstance(image, Mapping) else image}]"
    if kind in ("file", "input_file"):
        file = part.get("file") or part
        return f"[file: {file.get('filename') or file.get('file_id') or file.get('file_url')}]"
    return str(part["refusal"] if kind == "refusal" else part["text"])


def message_of(turn: Mapping[str, Any]) -> dict[str, Any]:
    """Return a turn as a message in OpenAI's form, as it came, with its keys in their usual order."""
    message = {"role": turn["role"], **turn.get("message", {"content": turn["text"]})}
    return {key: in_order(value) for key, value in sorted(message.items(), key=usual_place)}


def in_order(value: Any) -> Any:
    """Return a value of a message with the keys of its objects in their usual order."""
    if isinstance(value, list):
        return [in_order(each) for each in value]
    if isinstance(value, Mapping):
        return {key: in_order(inner) for key, inner in sorted(value.items(), key=usual_place)}
    return value


def usual_place(member: tuple[str, Any]) -> tuple[int, str]:
    """Return a key to sort the members of an object by: the known ones first, then the others by name."""
    key = member[0]
    return (KEY_ORDER.index(key) if key in KEY_ORDER else len(KEY_ORDER), key)
