"""Send one question at a time to an OpenAI-compatible endpoint."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import orjson

from jury.endpoints import EndpointRules
from jury.engine.cleaning import read_json
from jury.engine.provider_errors import read_reply
from jury.engine.reply import Reply

if TYPE_CHECKING:
    from openai import AsyncOpenAI

SECONDS_A_CALL = 120.0
BYTES_A_REPLY = 8 * 2**20


class Endpoint:
    """A client of one endpoint; use it in an `async with` block."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        seconds: float = SECONDS_A_CALL,
        most_bytes: int = BYTES_A_REPLY,
        rules: EndpointRules | None = None,
    ) -> None:
        """
        Prepare to call; nothing is sent yet.

        :param seconds: the time limit of a whole call
        :param most_bytes: the largest reply that is read
        :raises ForbiddenEndpoint: if no question may go there
        """
        # Not above: most commands and pages have no question to ask, and need not wait for the SDK to load.
        from jury.engine import sdk

        self.sdk = sdk
        self.base_url, self.seconds, self.rules = base_url, seconds, rules or EndpointRules()
        self.client: AsyncOpenAI = sdk.guarded_client(
            base_url, api_key, seconds=seconds, most_bytes=most_bytes, rules=self.rules
        )
        self.completions_url = self.url_of("chat/completions")

    def url_of(self, route: str) -> str:
        """Return the address of a route; made once, as the SDK would make it anew for every call."""
        base = self.client.base_url
        return str(base.copy_with(raw_path=base.raw_path + route.encode()))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self.client.close()

    @asynccontextmanager
    async def call(self, seconds: float | None = None) -> AsyncIterator[None]:
        """
        End what runs in the block after the time of one call, and raise what callers can act on.

        :param seconds: another time limit than that of a chat completion
        :raises Declined, RetryableError, Unavailable: as `ask` says
        """
        limit = self.seconds if seconds is None else seconds
        # The SDK's own timeout begins anew with every byte that arrives.
        with self.sdk.classify_error(limit):
            async with asyncio.timeout(limit):
                yield

    async def ask(self, **request: Any) -> Reply:
        """
        Send one chat completion, once.

        :raises Declined: if a content filter stopped it
        :raises RetryableError: if the same call may be answered later
        :raises AccessRefused: if no call of the juror will be answered
        :raises Unavailable: if there was no usable answer
        """
        began = time.monotonic()
        async with self.call():
            # The method beneath chat.completions.create, with bytes in and out: the SDK's own way there and back
            # takes as long as all the rest of the call (docs/decisions/0004).
            response = await self.client.post(
                self.completions_url, content=orjson.dumps(request), cast_to=self.sdk.Response
            )
            completion = read_json(response.content)
        return read_reply(completion, time.monotonic() - began, headers=response.headers)
