"""Parse messages with parts of Anthropic's form that call tools or have their results. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from corpus.errors import Invalid
from corpus.importing.messages import check_members, parse_message, present
from corpus.shapes import TurnShape

CALL, RESULT = "tool_use", "tool_result"
ERROR = "[error]"
"The line before the result of a tool that failed, which OpenAI's form has no key for."


def has_tool_parts(message: object) -> bool:
    """Return whether a message has a part that calls a tool, or one with a result."""
    content = message.get("content") if isinstance(message, Mapping) else None
    return isinstance(content, list) and any(kind_of(part) in (CALL, RESULT) for part in content)


def kind_of(part: object) -> object:
    """Return the type of a part of content, if it has one."""
    return part.get("type") if isinstance(part, Mapping) else None


def parse_tool_parts(role: str, message: Mapping[str, Any], where: str) -> list[TurnShape]:
    """
    Return the turns that a message with such parts becomes: each result one of a tool, then what is said and called.

    :param where: the message in errors, as in `messages[2]`
    :raises Invalid: naming the part that is wrong
    """
    calls, results, rest = list[dict[str, Any]](), list[TurnShape](), list[Any]()
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
        elif calls:
            raise Invalid(place, "what is said comes before the calls of tools; put it first")
        else:
            rest.append(part)
    if calls and message.get("tool_calls"):
        raise Invalid(f"{where}.tool_calls", "the message calls tools in its content, too; use one of them")
    if not (calls or rest):
        return results
    said = {**message, "content": rest or None} | ({"tool_calls": calls} if calls else {})
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
        raise Invalid(f"{where}.is_error", f"{json.dumps(failed, default=str)[:60]} is neither true nor false")
    check_members(part, {"type": str, "tool_use_id": str}, ("tool_use_id",), where)
    if failed and isinstance(content, list):
        content = [{"type": "text", "text": ERROR}, *content]
    elif failed:
        content = f"{ERROR}\n{content}" if content else ERROR
    message = {"content": content, "tool_call_id": part["tool_use_id"]}
    return parse_message("tool", message, where)
