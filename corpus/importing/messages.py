"""Parse messages in OpenAI's form that are more than a text: parts of content, calls of tools and their results."""

import json
from collections.abc import Mapping
from typing import Any

from corpus.errors import Invalid
from corpus.importing.values import clean_name, clean_text, from_json
from corpus.labels import preview
from corpus.shapes import TurnShape
from corpus.turns import in_order, render_message, usual_place

THOUGHTS = ("reasoning_content", "reasoning")
"Keys of what a model thinks before it answers; servers write one of them, and the first is kept."
KEYS = frozenset({"role", "content", *THOUGHTS, "name", "tool_calls", "tool_call_id", "function_call", "refusal"})
TEXTS = {"text": "text", "input_text": "text", "output_text": "text", "refusal": "refusal"}
"The kinds of parts that are text, each with the key of the text."
NAME = 200
"Most characters of the name of a tool or a person, and of the id of a call."
ONE_TEXT = frozenset({"content"})


def parse_message(role: str, message: Mapping[str, Any], where: str) -> TurnShape:
    """
    Return the turn of a message: `role` and `text`, and the `message` if there is more to it than a text.

    Keys without a value are as absent ones, and so are empty lists under unknown keys: a column of structs has all keys
    in each, and clients write `annotations: []`.

    :param where: the message in errors, as in `messages[2]`
    :raises Invalid: naming the part that is wrong
    """
    if unknown := [key for key in message if key not in KEYS and message[key] not in (None, [])]:
        raise Invalid(where, f"it has {preview(min(unknown))}, only {', '.join(sorted(KEYS))} are known")
    kept = parse_members(role, message, where)
    if kept.keys() == ONE_TEXT and isinstance(kept["content"], str):
        return {"role": role, "text": kept["content"]}
    return {"role": role, "text": render_message(role, kept), "message": kept}


def parse_members(role: str, message: Mapping[str, Any], where: str) -> dict[str, Any]:
    """
    Return the members of a message that are kept.

    :raises Invalid: naming the part that is wrong
    """
    kept: dict[str, Any] = {}
    if "content" in message:
        kept["content"] = parse_content(message["content"], f"{where}.content")
    if message.get("refusal") is not None:
        kept["content"] = with_refusal(kept.get("content"), message["refusal"], f"{where}.refusal")
    for key in ("name", "tool_call_id"):
        if message.get(key) is not None and message[key] != "":
            kept[key] = clean_name(message[key], f"{where}.{key}", limit=NAME)
    if calls := parse_calls(message, where):
        kept["tool_calls"] = calls
    if thought := parse_thought(message, where):
        kept |= {"content": kept.get("content") if calls else kept.get("content") or "", "reasoning_content": thought}
    check_role(role, kept, where)
    if kept.get("content") is None and "tool_calls" not in kept:
        raise Invalid(f"{where}.content", "None is not text")
    return kept


def check_role(role: str, message: Mapping[str, Any], where: str) -> None:
    """
    :raises Invalid: if a message calls tools or thinks and is not the assistant's, or has a result and is not a tool's
    """
    if role != "assistant" and "tool_calls" in message:
        raise Invalid(f"{where}.tool_calls", f"only the assistant calls tools, not {role}")
    if role != "assistant" and "reasoning_content" in message:
        raise Invalid(f"{where}.reasoning_content", f"only the assistant has one, not {role}")
    if role != "tool" and "tool_call_id" in message:
        raise Invalid(f"{where}.tool_call_id", f"only a tool has one, not {role}")


def parse_thought(message: Mapping[str, Any], where: str) -> str:
    """
    Return what a model thought before it answered; empty if the message does not say.

    :raises Invalid: if it is no text, or two keys say different things
    """
    said = {key: clean_text(message[key], f"{where}.{key}") for key in THOUGHTS if message.get(key)}
    if len(set(said.values())) > 1:
        raise Invalid(f"{where}.{THOUGHTS[1]}", f"{THOUGHTS[0]} says something else; use one of them")
    return next(iter(said.values()), "")


def with_refusal(content: Any, refusal: object, where: str) -> list[dict[str, Any]]:
    """Return the content of a message with its refusal, which OpenAI writes beside it, as a part."""
    parts = [{"type": "text", "text": content}] if isinstance(content, str) and content else content or []
    return [*parts, {"type": "refusal", "refusal": clean_text(refusal, where)}]


def parse_content(content: object, where: str) -> Any:
    """
    Return the content of a message: text, None, or a list of parts. A list of one text is that text.

    :raises Invalid: naming the part that is wrong
    """
    if content is None:
        return None
    if not isinstance(content, list):
        return clean_text(content, where)
    parts = [parse_part(part, f"{where}[{at}]") for at, part in enumerate(content)]
    if len(parts) == 1 and parts[0]["type"] in ("text", "input_text", "output_text"):
        return parts[0]["text"]
    return parts or None


def parse_part(part: object, where: str) -> dict[str, Any]:
    """
    Return a part of a message's content, without absent values, and without `cache_control`, which is of a request.

    :raises Invalid: if it is of an unknown kind, has an unknown key, or holds an image or a file itself
    """
    if isinstance(part, str):
        return {"type": "text", "text": clean_text(part, where)}
    if not isinstance(part, dict):
        raise Invalid(where, f"{preview(part)} is not an object")
    part = {key: value for key, value in present(part).items() if key != "cache_control" and value != []}
    kind = part.get("type")
    if isinstance(kind, str) and kind in TEXTS:
        check_members(part, {"type": str, TEXTS[kind]: str}, (TEXTS[kind],), where)
    elif kind in ("image_url", "input_image"):
        check_image(part, where)
    elif kind in ("file", "input_file"):
        check_file(part, where)
    else:
        raise Invalid(where, f"a part of type {preview(kind)} has no form in text; only text, images and files have")
    # So that the order of keys in a file changes no hash of the content.
    return {"type": kind} | {key: in_order(inner) for key, inner in sorted(part.items(), key=usual_place)}


def check_image(part: dict[str, Any], where: str) -> None:
    """
    :raises Invalid: if a part is not an image by its address
    """
    image = part.get("image_url")
    if isinstance(image, str):
        check_members(part, {"type": str, "image_url": str, "detail": str}, ("image_url",), where)
    else:
        check_members(part, {"type": str, "image_url": dict}, ("image_url",), where)
        part["image_url"] = image = present(part["image_url"])
        check_members(image, {"url": str, "detail": str}, ("url",), f"{where}.image_url")
    address = image if isinstance(image, str) else image["url"]
    if address.startswith("data:"):
        raise Invalid(where, "the image itself is in the file; put it where it has an address, and name that")


def check_file(part: dict[str, Any], where: str) -> None:
    """
    :raises Invalid: if a part is not a file by its name, id or address
    """
    inner = part
    if "file" in part:
        check_members(part, {"type": str, "file": dict}, ("file",), where)
        part["file"] = inner = present(part["file"])
    check_members(inner, dict.fromkeys(("type", "filename", "file_id", "file_url"), str), (), where)
    if not {"filename", "file_id", "file_url"} & inner.keys():
        raise Invalid(where, "the file has neither filename, file_id nor file_url")


def present(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of an object that have a value."""
    return {key: inner for key, inner in value.items() if inner is not None}


def check_members(value: Mapping[str, Any], kinds: Mapping[str, type], required: tuple[str, ...], where: str) -> None:
    """
    Check the keys of an object and the types of their values.

    :param kinds: the type of each known key
    :raises Invalid: naming the key that is wrong
    """
    for key, inner in value.items():
        if key not in kinds:
            raise Invalid(where, f"it has {preview(key)}, only {', '.join(kinds)} are known")
        if not isinstance(inner, kinds[key]):
            raise Invalid(f"{where}.{key}", f"{preview(inner)} is not {'text' if kinds[key] is str else 'an object'}")
        if isinstance(inner, str):
            clean_text(inner, f"{where}.{key}")
    if missing := [key for key in required if key not in value]:
        raise Invalid(f"{where}.{missing[0]}", "it is missing")


def parse_calls(message: Mapping[str, Any], where: str) -> list[dict[str, Any]]:
    """
    Return the calls of tools in a message, and the one in the older key `function_call`.

    :raises Invalid: naming the call that is wrong
    """
    listed = message.get("tool_calls")
    if listed is not None and not isinstance(listed, list):
        raise Invalid(f"{where}.tool_calls", f"{preview(listed)} is not a list")
    calls = [parse_call(call, at, f"{where}.tool_calls[{at}]") for at, call in enumerate(listed or ())]
    if message.get("function_call") is not None:
        calls.append(call_of(message["function_call"], f"{where}.function_call"))
    return calls


def parse_call(call: object, at: int, where: str) -> dict[str, Any]:
    """
    Return one call: `id`, if it has one, `type` and `function`. An `index` that is its place says nothing more.

    :param at: its place among the calls, from 0
    :raises Invalid: naming what is wrong with it
    """
    if not isinstance(call, dict):
        raise Invalid(where, f"{preview(call)} is not an object")
    call = {key: value for key, value in present(call).items() if (key, value) != ("index", at)}
    if unknown := call.keys() - {"id", "type", "function"}:
        raise Invalid(where, f"it has {preview(min(unknown))}, only id, type and function are known")
    if call.get("type", "function") != "function":
        raise Invalid(f"{where}.type", f"{preview(call['type'])} is not function")
    parsed = call_of(call.get("function"), f"{where}.function")
    return {"id": clean_name(call["id"], f"{where}.id", limit=NAME), **parsed} if call.get("id") else parsed


def call_of(function: object, where: str) -> dict[str, Any]:
    """
    Return the call of a function by its `name` and `arguments`, which become text if they are an object.

    :raises Invalid: if it lacks a name, or has another key
    """
    if not isinstance(function, dict):
        raise Invalid(where, f"{preview(function)} is not an object")
    if unknown := [key for key in function if key not in ("name", "arguments") and function[key] is not None]:
        raise Invalid(where, f"it has {preview(min(unknown))}, only name and arguments are known")
    name = clean_name(function.get("name"), f"{where}.name", limit=NAME)
    arguments = clean_text(as_text(function.get("arguments"), where), f"{where}.arguments")
    return {"type": "function", "function": {"name": name, "arguments": arguments}}


def as_text(arguments: object, where: str) -> str:
    """
    Return the arguments of a call as JSON text; text stays as it is.

    :raises Invalid: if they have no form in JSON
    """
    if isinstance(arguments, str):
        return arguments
    try:
        return json.dumps({} if arguments is None else arguments, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise Invalid(f"{where}.arguments", f"{preview(arguments)} has no form in JSON") from error


def calls_in_text(text: str, where: str) -> list[dict[str, Any]]:
    """
    Return the calls that the text of a turn in ShareGPT's form is: an object of name and arguments, or a list of them.

    :raises Invalid: if it is neither
    """
    try:
        value = from_json(text, where)
    except (ValueError, RecursionError) as error:
        raise Invalid(where, f"{preview(text)} is not the JSON of a call, with name and arguments") from error
    return [call_of(call, where) for call in (value if isinstance(value, list) and value else [value])]
