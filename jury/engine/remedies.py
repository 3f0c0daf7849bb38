"""Find settings under which an endpoint accepts a request, from the words with which it refused one. Pure."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

REFUSED = re.compile(r"answered (?:with error )?(?:400|404|415|422|501)\b")
"A status by which endpoints say that a request has something in it that they do not take."
UNCLEAR = re.compile(r"answered (?:with error )?(?:400|422)\b")
"The same where it need not name what it does not take."
OPTIONS = {
    "max_tokens_parameter": "--max-tokens-parameter",
    "temperature": "--temperature",
    "response_format": "--response-format",
    "extra_body": "--extra-body",
    "asks_probability": "--probability",
}
FORMAT_WORDS = ("response_format", "json_schema", "json_object", "structured output", "guided", "grammar", "schema")
WEAKER_FORMAT = {"json_schema": "json_object", "json_object": "text"}
WITHOUT_THINKING: tuple[dict[str, Any], ...] = (
    {"chat_template_kwargs": {"enable_thinking": False}},
    {"reasoning_effort": "low"},
)
"Parameters of vLLM, SGLang and llama.cpp, and of OpenAI, for less reasoning."
ONLY_REASONING = ("all text is reasoning", "reasoning does not end")
Settings = Mapping[str, Any]
"The fields of a juror that `OPTIONS` has."


def changes_to_try(reason: str, settings: Settings) -> Iterator[dict[str, Any]]:
    """
    Yield changes of settings that may get a refused request accepted, the likeliest first.

    :param reason: of the failed answer, with the endpoint's words
    :param settings: under which it was refused
    """
    words = reason.lower()
    if not REFUSED.search(words):
        return
    named = [change for change, is_named in possible_changes(words, settings) if is_named]
    is_vague = not named and UNCLEAR.search(words)
    yield from [change for change, _ in possible_changes(words, settings)] if is_vague else named


def possible_changes(words: str, settings: Settings) -> Iterator[tuple[dict[str, Any], bool]]:
    """Yield each change that settings allow, and whether the words of the endpoint name what it changes."""
    is_other = settings["max_tokens_parameter"] == "max_tokens"
    name = "max_completion_tokens" if is_other else "max_tokens"
    yield {"max_tokens_parameter": name}, "max_tokens" in words or "max_completion_tokens" in words
    if settings["temperature"] is not None:
        yield {"temperature": None}, "temperature" in words
    if weaker := WEAKER_FORMAT.get(settings["response_format"]):
        yield {"response_format": weaker}, any(word in words for word in FORMAT_WORDS)
    if settings["asks_probability"]:
        yield {"asks_probability": False}, "logprob" in words
    for key in settings["extra_body"]:
        rest = {other: value for other, value in settings["extra_body"].items() if other != key}
        yield {"extra_body": rest}, key.lower() in words


def changes_against_reasoning(reason: str, settings: Settings) -> Iterator[dict[str, Any]]:
    """Yield changes of settings after which an answer that was all reasoning may be one."""
    if any(words in reason for words in ONLY_REASONING):
        for parameters in WITHOUT_THINKING:
            if not parameters.keys() & settings["extra_body"].keys():
                yield {"extra_body": {**settings["extra_body"], **parameters}}


def as_options(changes: Settings) -> str:
    """Return changes as options of `add_juror` and `change_juror`, as they are typed in a shell."""
    parts = []
    for name, value in changes.items():
        parts += [OPTIONS[name], as_typed(value)]
    return shlex.join(parts)


def as_typed(value: Any) -> str:
    """Return a value of a setting as commands take it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else "none" if value is None else str(value)
