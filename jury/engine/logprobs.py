"""Read the tokens of an answer with their candidates, where an endpoint was asked for logprobs. Pure."""

import math
from dataclasses import dataclass
from typing import Any

Tokens = tuple[tuple[str, float], ...]
"Candidates, each with its natural log of probability."
SPACES = str.maketrans({"▁": " ", "Ġ": " ", "Ċ": "\n"})
"What vocabularies write for space, and some servers pass on."


@dataclass(frozen=True)
class Token:
    """A token of an answer."""

    text: str
    candidates: Tokens = ()
    "What might have stood there, this token among them where the endpoint lists it."


def read_tokens(logprobs: Any) -> tuple[Token, ...]:
    """
    Return the tokens of an answer; none where a reply has no logprobs, or they are not what they should be.

    :param logprobs: as of `first_token`
    """
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    if not isinstance(content, list) or not all(isinstance(each, dict) for each in content):
        return ()
    return tuple(
        Token(str(each.get("token") or "").translate(SPACES), read_candidates(each.get("top_logprobs")))
        for each in content
    )


def read_candidates(candidates: Any) -> Tokens:
    """Return the candidates for a token that are a text and a number. JSON of Python may contain NaN."""
    return tuple(
        (each["token"].translate(SPACES), float(each["logprob"]))
        for each in (candidates if isinstance(candidates, list) else [])
        if isinstance(each, dict)
        and isinstance(each.get("token"), str)
        and isinstance(each.get("logprob"), int | float)
        and not math.isnan(each["logprob"])
    )


def first_token(logprobs: Any) -> Tokens:
    """
    Return the candidates for the first token that is not space; none where a reply has no logprobs.

    :param logprobs: of a choice: `{"content": [{"token", "logprob", "top_logprobs": [{"token", "logprob"}]}]}`
    """
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    tokens = [each for each in content if isinstance(each, dict)] if isinstance(content, list) else []
    first = next((each for each in tokens if str(each.get("token")).strip()), {})
    candidates = first.get("top_logprobs")
    return tuple(
        (each["token"], float(each["logprob"]))
        for each in (candidates if isinstance(candidates, list) else [])
        if isinstance(each, dict)
        and isinstance(each.get("token"), str)
        and isinstance(each.get("logprob"), int | float)
    )
