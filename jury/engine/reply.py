"""What an endpoint may say: an answer, or why there is none."""

from dataclasses import dataclass
from typing import Any

FILTER_CODES = {"content_filter", "content_policy_violation"}
TOO_MANY = {429, 503}


class Unavailable(Exception):
    """The endpoint gave no usable answer."""


class RetryableError(Unavailable):
    """The endpoint gave no answer now; the same call may get one later."""

    def __init__(
        self, reason: str, *, retry_after: float | None = None, is_refusal: bool = False, is_down: bool = False
    ) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        "Seconds, where the endpoint named them."
        self.is_refusal = is_refusal
        "It is asked too much, so that other calls should wait as well."
        self.is_down = is_down
        "Nothing came from the endpoint itself, which speaks against it and not against the call."


class Declined(Exception):
    """The endpoint's own filter would not let the question or the answer through."""


@dataclass(frozen=True)
class Reply:
    text: str
    refusal: str = ""
    finish_reason: str = ""
    prompt_tokens: int = 0
    answer_tokens: int = 0
    seconds: float = 0.0


def read_completion(completion: Any, seconds: float) -> Reply:
    """
    :raises Unavailable: if the endpoint sent something that is no completion
    """
    try:
        choice = completion["choices"][0]
        message, usage = choice["message"], completion.get("usage") or {}
        return Reply(
            text=text_of(message.get("content")),
            refusal=text_of(message.get("refusal")),
            finish_reason=text_of(choice.get("finish_reason")),
            prompt_tokens=int(usage.get("prompt_tokens") or 0),
            answer_tokens=int(usage.get("completion_tokens") or 0),
            seconds=round(seconds, 3),
        )
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise Unavailable("the endpoint's answer is not a chat completion") from error


def text_of(value: Any) -> str:
    """
    :raises TypeError: if it is neither a text nor nothing
    """
    if not isinstance(value, str | None):
        raise TypeError
    return value or ""


def brief(text: str) -> str:
    return " ".join(text.split())[:300]
