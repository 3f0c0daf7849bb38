"""Parse messages with parts of Anthropic's form: calls of tools, their results, thinking and images. Pure."""

from collections.abc import Mapping
from typing import Any

from corpus.errors import Invalid
from corpus.importing.messages import check_members, parse_message, present
from corpus.labels import preview
from corpus.shapes import TurnShape

CALL, RESULT, IMAGE = "tool_use", "tool_result", "image"
THINKING, ENCRYPTED = "thinking", "redacted_thinking"
OWN = frozenset({CALL, RESULT, IMAGE, THINKING, ENCRYPTED})
"The kinds of parts that OpenAI's form has not."
NOT_READABLE = "[encrypted]"
"What stands for thinking that a server gives out encrypted only."
ERROR = "[error]"
"The line before the result of a tool that failed, which OpenAI's form has no key for."


def has_own_parts(message: object) -> bool:
    """Return whether a message has a part of a kind that only this form has."""
    content = message.get("content") if isinstance(message, Mapping) else None
    return isinstance(content, list) and any(kind_of(part) in OWN for part in content)


def kind_of(part: object) -> str:
    """Return the type of a part of content; empty if it has none."""
    kind = part.get("type") if isinstance(part, Mapping) else ""
    return kind if isinstance(kind, str) else ""


def parse_own_parts(role: str, message: Mapping[str, Any], where: str) -> list[TurnShape]:
    """
    Return the turns of a message with such parts: each result one of a tool, then what is thought, said and called.

    :param where: the message in errors, as in `messages[2]`
    :raises Invalid: naming the part that is wrong
    """
    calls, results, thoughts, rest = list[dict[str, Any]](), list[TurnShape](), list[str](), list[Any]()
    for at, part in enumerate(message["content"]):
        place = f"{where}.content[{at}]"
        if kind_of(part) == CALL:
            check_speaker(role, "assistant", "calls tools", place)
            calls.append(call_of_part(present(part), place))
        elif kind_of(part) == RESULT:
            check_speaker(role, "user", "has results of tools", place)
            if rest:
                raise Invalid(place, "a result of a tool comes before what the user says; put it first")
            results.append(turn_of_result(present(part), place))
        elif kind_of(part) in (THINKING, ENCRYPTED):
            check_speaker(role, "assistant", "thinks", place)
            thoughts.append(thought_of(present(part), place))
        elif calls:
            raise Invalid(place, "what is said comes before the calls of tools; put it first")
        else:
            rest.append(in_openai_form(part, place))
    if calls and message.get("tool_calls"):
        raise Invalid(f"{where}.tool_calls", "the message calls tools in its content, too; use one of them")
    if not (calls or rest or thoughts):
        return results
    said = {**message, "content": rest or None} | ({"tool_calls": calls} if calls else {})
    said |= {"reasoning_content": "\n\n".join(thoughts)} if thoughts else {}
    return [*results, parse_message(role, said, where)]


def check_speaker(role: str, only: str, does: str, where: str) -> None:
    """
    :raises Invalid: if another one speaks
    """
    if role != only:
        raise Invalid(where, f"only the {only} {does} in this form, not {role}")


def call_of_part(part: dict[str, Any], where: str) -> dict[str, Any]:
    """
    Return a part of type `tool_use` as a call in OpenAI's form.

    :raises Invalid: if it lacks a name or an input, or has another key
    """
    part.pop("cache_control", None)  # of the request, not of the dialogue
    check_members(part, {"type": str, "id": str, "name": str, "input": dict}, ("name", "input"), where)
    call = {"type": "function", "function": {"name": part["name"], "arguments": part["input"]}}
    return call | ({"id": part["id"]} if "id" in part else {})


def turn_of_result(part: dict[str, Any], where: str) -> TurnShape:
    """
    Return a part of type `tool_result` as a turn of the tool.

    :raises Invalid: if it names no call, or has another key
    """
    part.pop("cache_control", None)
    failed, content = part.pop("is_error", False), part.pop("content", "")
    if not isinstance(failed, bool):
        raise Invalid(f"{where}.is_error", f"{preview(failed)} is neither true nor false")
    check_members(part, {"type": str, "tool_use_id": str}, ("tool_use_id",), where)
    if isinstance(content, list):
        content = [in_openai_form(each, f"{where}.content[{at}]") for at, each in enumerate(content)]
    if failed and isinstance(content, list):
        content = [{"type": "text", "text": ERROR}, *content]
    elif failed:
        content = f"{ERROR}\n{content}" if content else ERROR
    message = {"content": content, "tool_call_id": part["tool_use_id"]}
    return parse_message("tool", message, where)


def thought_of(part: dict[str, Any], where: str) -> str:
    """
    Return what a part of type `thinking` says. Its signature is of the server, not of the dialogue.

    :raises Invalid: if it says nothing, or has another key
    """
    if part["type"] == ENCRYPTED:
        check_members(part, {"type": str, "data": str}, (), where)
        return NOT_READABLE
    check_members(part, {"type": str, THINKING: str, "signature": str}, (THINKING,), where)
    return str(part[THINKING])


def in_openai_form(part: Any, where: str) -> Any:
    """
    Return an image in OpenAI's form, and every other part as it is.

    :raises Invalid: if the image has no address
    """
    if kind_of(part) != IMAGE:
        return part
    part = present(part)
    part.pop("cache_control", None)
    check_members(part, {"type": str, "source": dict}, ("source",), where)
    source = present(part["source"])
    if source.get("type") == "base64":
        raise Invalid(where, "the image itself is in the file; put it where it has an address, and name that")
    if source.get("type") == "file":
        check_members(source, {"type": str, "file_id": str}, ("file_id",), f"{where}.source")
        return {"type": "file", "file": {"file_id": source["file_id"]}}
    check_members(source, {"type": str, "url": str}, ("url",), f"{where}.source")
    return {"type": "image_url", "image_url": {"url": source["url"]}}
