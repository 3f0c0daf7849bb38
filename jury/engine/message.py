"""Read the message of a chat completion: its text, its refusal and its reasoning, whole or in parts. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

REASONING_KEYS = ("reasoning_content", "reasoning", "thinking")
"Where servers put reasoning: vLLM, SGLang and DeepSeek; newer vLLM, Groq and OpenRouter; Ollama."
DEEPEST = 5
"How far the texts of a part may be nested."
REASONING_TYPES = {"thinking", "reasoning", "redacted_thinking", "reasoning_text", "summary_text"}


def read_text(message: Mapping[str, Any]) -> str:
    """
    Return the text of a message: its content, or the parts of it that are text.

    :raises TypeError: if the content is neither text nor a list of parts
    """
    return "".join(text for kind, text in parts_of(message.get("content")) if kind == "text")


def read_refusal(message: Mapping[str, Any]) -> str:
    """
    Return why the model declined, as it says in a field or a part of its own; empty if it did not.

    Some providers fill the field with `false` where there is no refusal, and with `true` where the text is one.

    :raises TypeError: if the refusal is a number or the like
    """
    refusal = message.get("refusal")
    if refusal is True:
        return read_text(message) or "the model declined, and did not say why"
    stated = "".join(text for _, text in parts_of(refusal))
    return stated or "".join(text for kind, text in parts_of(message.get("content")) if kind == "refusal")


def read_reasoning(message: Mapping[str, Any]) -> tuple[str, str]:
    """Return the reasoning of a message, and the key that it is under; both empty if there is none."""
    for key in REASONING_KEYS:
        if isinstance(reasoning := message.get(key), str) and reasoning.strip():
            return reasoning, key
    reasoning = "".join(text for kind, text in parts_of(message.get("content")) if kind == "reasoning")
    return (reasoning, "parts of type thinking") if reasoning.strip() else ("", "")


def parts_of(content: Any) -> Iterator[tuple[str, str]]:
    """
    Yield the kind of each part of a content, `text`, `reasoning` or `refusal`, and its text.

    :param content: text, a part or a list of parts; none is null, `false`, 0 and whatever else is empty
    :raises TypeError: if it is anything else
    """
    if not content:
        return
    for part in [content] if isinstance(content, str | Mapping) else checked_list(content):
        if isinstance(part, str):
            yield "text", part
        elif isinstance(part, Mapping):
            yield from read_part(part)
        elif part:
            raise TypeError


def read_part(part: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the kind and the text of one part; nothing for an image, a call of a tool and the like."""
    kind = part.get("type", "text")
    if kind in REASONING_TYPES:
        yield "reasoning", "".join(texts_within(part))
    elif kind == "refusal":
        yield "refusal", "".join(texts_within(part))
    elif kind in ("text", "output_text"):
        yield "text", "".join(texts_within(part))


def texts_within(part: Any, depth: int = 0) -> Iterator[str]:
    """
    Yield the texts of a part, such as `{"text": "…"}`, `{"text": {"value": "…"}}` or `{"thinking": [{"text": "…"}]}`.

    :raises TypeError: if one is not a text
    """
    if depth > DEEPEST:
        return
    if isinstance(part, str):
        yield part
    elif isinstance(part, Mapping):
        found = (part[key] for key in ("text", "thinking", "reasoning", "refusal", "summary", "value") if part.get(key))
        yield from texts_within(next(found, None), depth + 1)
    elif part is not None:
        for each in checked_list(part):
            yield from texts_within(each, depth + 1)


def checked_list(value: Any) -> Iterable[Any]:
    """
    Return a list as it is.

    :raises TypeError: if it is none
    """
    if not isinstance(value, list):
        raise TypeError
    return value
