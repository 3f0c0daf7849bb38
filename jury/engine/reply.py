"""What may come of one call: a reply, or the reason why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from jury.engine.cleaning import clean_count, clean_text
from jury.engine.logprobs import Token, Tokens, first_token, read_tokens
from jury.engine.message import read_reasoning, read_refusal, read_text


class Billing(Enum):
    """What an endpoint may bill for an attempt without a usable reply."""

    NOT_A_CALL = "not a call"
    "Refused before any work: over a limit, or no connection was made."
    FREE = "free"
    "Answered with an error, which is not billed."
    UNKNOWN = "unknown"
    "Sent, and its fate is unknown: it may be billed in full."


class Unavailable(Exception):
    """The endpoint returned no usable reply."""

    def __init__(self, reason: str, *, billing: Billing = Billing.UNKNOWN) -> None:
        super().__init__(reason)
        self.billing = billing


class RetryableError(Unavailable):
    """The endpoint returned no reply now; the same call may get one later."""

    def __init__(
        self,
        reason: str,
        *,
        billing: Billing = Billing.UNKNOWN,
        retry_after: float | None = None,
        is_refusal: bool = False,
        is_down: bool = False,
    ) -> None:
        super().__init__(reason, billing=billing)
        self.retry_after = retry_after
        "Seconds, where the endpoint named them."
        self.is_refusal = is_refusal
        "The endpoint refused the call as too many, so other calls should wait as well."
        self.is_down = is_down
        "Nothing came from the endpoint itself, which speaks against it and not against the call."


class AccessRefused(Unavailable):
    """The endpoint will answer no request of the juror: its key, its credit, its model or its address is no good."""


class Declined(Exception):
    """The endpoint's own filter stopped the question or the answer."""


@dataclass(frozen=True)
class Reply:
    """The fields of a chat completion that are used."""

    text: str
    refusal: str = ""
    finish_reason: str = ""
    prompt_tokens: int = 0
    answer_tokens: int = 0
    seconds: float = 0.0
    has_odd_usage: bool = False
    "A count of tokens that cannot be true, so the price of the reply is unknown."
    reasoning: str = ""
    "What the endpoint gave apart from the text as the model's reasoning. It is no part of any answer."
    reasoning_key: str = ""
    "The key of the message that had it."
    probabilities: Mapping[str, float] = field(default_factory=dict)
    "Of unsafe by what is judged, `prompt` or `response`, where a guard of our own says it beside its answer."
    first_token: Tokens = ()
    "Candidates for the first token, where logprobs were asked for."
    tokens: tuple[Token, ...] = ()
    "All tokens of the answer, where logprobs were asked for."

    @property
    def has_usage(self) -> bool:
        """Whether the endpoint said how many tokens it counted."""
        return bool(self.prompt_tokens or self.answer_tokens) and not self.has_odd_usage


def read_completion(completion: Any, seconds: float) -> Reply:
    """
    Return the reply in the JSON of a chat completion.

    :raises Unavailable: if the endpoint sent something that is no completion
    """
    try:
        choice = completion["choices"][0]
        message, usage = choice.get("message") or {}, completion.get("usage") or {}
        reasoning, reasoning_key = read_reasoning(message)
        return Reply(
            text=clean_text(read_text(message)),
            refusal=clean_text(read_refusal(message)),
            finish_reason=text_or_nothing(choice.get("finish_reason")),
            seconds=round(seconds, 3),
            reasoning=clean_text(reasoning),
            reasoning_key=reasoning_key,
            first_token=first_token(choice.get("logprobs")),
            tokens=read_tokens(choice.get("logprobs")),
            probabilities=read_probabilities(completion.get("probabilities")),
            **read_usage(usage),
        )
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise Unavailable("the endpoint's answer is not a chat completion") from error


def read_usage(usage: Any) -> dict[str, Any]:
    """Return the fields of a reply that say how many tokens it took; nothing where the endpoint does not say."""
    if not isinstance(usage, dict):
        return {}
    said = usage.get("prompt_tokens"), usage.get("completion_tokens")
    prompt_tokens, answer_tokens = map(clean_count, said)
    is_odd = any(count not in (None, clean_count(count)) for count in said)
    return {"prompt_tokens": prompt_tokens, "answer_tokens": answer_tokens, "has_odd_usage": is_odd}


def read_probabilities(value: Any) -> dict[str, float]:
    """Return the numbers from 0 to 1 in what `serve_guard` says of its verdicts; nothing from other endpoints."""
    said = value.items() if isinstance(value, dict) else ()
    return {key: float(number) for key, number in said if isinstance(number, int | float) and 0 <= number <= 1}


def text_or_nothing(value: Any) -> str:
    """Return a clean text; an empty one for a value that is none, such as `false` for no refusal."""
    return clean_text(value if isinstance(value, str) else None)


def brief(text: str) -> str:
    """Return the first 300 characters of a foreign text, clean and on one line."""
    return " ".join(clean_text(text).split())[:300]
