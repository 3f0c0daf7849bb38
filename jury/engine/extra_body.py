"""Parameters of a request that one endpoint wants and others do not know: which may be given. Pure."""

import json
import math
from collections.abc import Mapping
from typing import Any

import orjson

from corpus.errors import Refused

LONGEST = 4_000
"Bytes of the parameters as JSON."
OURS = {
    "model": "--model",
    "max_tokens": "--max-tokens",
    "max_completion_tokens": "--max-tokens and --max-tokens-parameter",
    "max_output_tokens": "--max-tokens",
    "temperature": "--temperature",
    "response_format": "--response-format",
}
"Parameters with a setting of their own, and the option for it."
NEVER = {
    *("messages", "prompt", "input", "models", "stream", "stream_options", "n", "best_of"),
    *("tools", "tool_choice", "functions", "function_call", "background"),
}
"Parameters that would change the question, another model's answer or more than one, or where the answer is."


def parse_extra_body(text: str) -> dict[str, Any]:
    """
    Return the parameters in a JSON text.

    :raises Refused: if they may not be given, or one is given twice
    """
    try:
        value = json.loads(text or "{}", object_pairs_hook=reject_repeated_keys)
    except (ValueError, RecursionError) as error:
        raise Refused(f"The extra body is not JSON: {str(error)[:200]}.") from error
    check_extra_body(value)
    return dict(value)


def merge_extra_bodies(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return the parameters of two extra bodies; where both have one, objects are merged, and else the second counts.

    :param first: of the prompt version
    :param second: of the juror
    """
    merged = dict(first)
    for key, value in second.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = merge_extra_bodies(merged[key], value) if both else value
    return merged


def reject_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """
    Return the pairs of a JSON object as a dictionary.

    :raises Refused: if a key is there twice
    """
    if len(found := dict(pairs)) < len(pairs):
        raise Refused("The extra body has a key twice.")
    return found


def check_extra_body(value: Any) -> None:
    """
    Check that parameters may be added to every request.

    :raises Refused: if they are no JSON object, are too long, or one is not for the extra body
    """
    if not isinstance(value, dict):
        raise Refused('The extra body is a JSON object, such as {"reasoning_effort": "low"}.')
    try:
        encoded = orjson.dumps(value)
    except (orjson.JSONEncodeError, RecursionError) as error:
        raise Refused("The extra body holds something that cannot be sent as JSON.") from error
    if len(encoded) > LONGEST:
        raise Refused(f"The extra body has {len(encoded):,} bytes as JSON, and may have {LONGEST:,}.")
    if not is_storable(value):
        raise Refused("The extra body holds a NUL, or a number that is none.")
    for key in value:
        if option := OURS.get(key.strip().lower()):
            raise Refused(f"{key} does not belong into the extra body: it is set by {option}.")
        if key.strip().lower() in NEVER:
            raise Refused(f"{key} does not belong into the extra body: the jury decides what is asked and how.")


def is_storable(value: Any) -> bool:
    """Return whether a value is without NUL, infinity and NaN, which PostgreSQL does not store as JSON."""
    if isinstance(value, dict):
        return all(is_storable(key) and is_storable(each) for key, each in value.items())
    if isinstance(value, list):
        return all(map(is_storable, value))
    return math.isfinite(value) if isinstance(value, float) else not (isinstance(value, str) and "\0" in value)
