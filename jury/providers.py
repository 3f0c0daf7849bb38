"""The only door to the models: OpenAI-compatible endpoints, through the openai SDK."""

import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import openai
from openai import AsyncOpenAI, DefaultAioHttpClient

SECONDS_A_CALL = 120.0
TRIES_A_CALL = 4
FILTER_CODES = {"content_filter", "content_policy_violation"}


class Unavailable(Exception):
    """The endpoint gave no answer, after the SDK's own retries; asking again may help."""


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


class Endpoint:
    """A client of one endpoint; use it in an `async with` block."""

    def __init__(self, base_url: str, api_key: str) -> None:
        # The aiohttp transport is about twice as fast as the default one (docs/decisions/0004).
        self.client = AsyncOpenAI(
            base_url=base_url,
            api_key=api_key or "none",
            http_client=DefaultAioHttpClient(timeout=SECONDS_A_CALL),
            max_retries=TRIES_A_CALL - 1,
        )

    async def __aenter__(self) -> "Endpoint":
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self.client.close()

    async def ask(self, **request: Any) -> Reply:
        """
        Send one chat completion. The SDK retries what is worth it, as Retry-After says.

        :raises Declined: if a content filter stopped it
        :raises Unavailable: if there was no usable answer
        """
        began = time.monotonic()
        try:
            completion = await self.client.chat.completions.create(**request)
        except openai.APIStatusError as error:
            if error.code in FILTER_CODES:
                raise Declined(f"filtered by the endpoint ({error.code})") from error
            raise Unavailable(f"the endpoint answered {error.status_code}: {brief(error.message)}") from error
        except openai.APITimeoutError as error:
            raise Unavailable(f"no answer within {SECONDS_A_CALL:.0f} s") from error
        except openai.OpenAIError as error:
            raise Unavailable(f"the endpoint cannot be reached: {brief(str(error))}") from error
        except ValueError as error:  # a body that is not JSON gets past the SDK's own errors
            raise Unavailable(f"the endpoint's answer is not one: {brief(str(error))}") from error
        return read_completion(completion, time.monotonic() - began)


def read_completion(completion: Any, seconds: float) -> Reply:
    """
    :raises Unavailable: if the endpoint sent something that is no completion
    """
    try:
        choice = completion.choices[0]
        usage = completion.usage
        return Reply(
            text=choice.message.content or "",
            refusal=getattr(choice.message, "refusal", None) or "",
            finish_reason=choice.finish_reason or "",
            prompt_tokens=usage.prompt_tokens if usage else 0,
            answer_tokens=usage.completion_tokens if usage else 0,
            seconds=round(seconds, 3),
        )
    except (AttributeError, IndexError, TypeError) as error:
        raise Unavailable("the endpoint's answer is not a chat completion") from error


def brief(text: str) -> str:
    return " ".join(text.split())[:300]
