"""One call after another to one endpoint: at its rates, and again where that is worth it."""

import asyncio
import random
import time
from typing import Any

from jury.limiter import Limiter
from jury.providers import Busy, Endpoint, Reply, Unavailable

TRIES = 5
"Of a call that ends in a fault of the endpoint, a cut connection or silence."
PATIENCE = 600.0
"Seconds for a call that is refused for being one too many, which says nothing against the call itself."
FIRST_WAIT = 0.5
"Seconds before the second try; each further one waits twice as long, with chance in it."
LONGEST_WAIT = 30.0


class Line:
    """An endpoint together with the limiter that all workers share."""

    def __init__(self, endpoint: Endpoint, limiter: Limiter, *, tries: int = TRIES, patience: float = PATIENCE) -> None:
        self.endpoint, self.limiter = endpoint, limiter
        self.tries, self.patience = tries, patience

    async def call(self, request: dict[str, Any], *, tokens: int) -> Reply:
        """
        Send one request, and send it again where the endpoint is busy or the connection was cut.

        What an endpoint asks for by Retry-After holds for the calls of all workers.

        :param tokens: of the question and the longest answer together
        :raises Declined: if a content filter stopped it
        :raises Unavailable: if there was no usable answer in the end
        """
        began = time.monotonic()
        faults = refusals = 0
        while True:
            await self.limiter.wait(tokens=tokens)
            try:
                return await self.endpoint.ask(**request)
            except Busy as error:
                faults, refusals = faults + (not error.is_refusal), refusals + error.is_refusal
                wait = max(error.retry_after or 0.0, backed_off(faults + refusals))
                if faults == self.tries or time.monotonic() - began + wait > self.patience:
                    asked = faults + refusals
                    raise Unavailable(f"{error} (asked {asked} times)" if asked > 1 else str(error)) from error
                if error.is_refusal:
                    await self.limiter.hold(wait)
                else:
                    await asyncio.sleep(wait)


def backed_off(tries: int) -> float:
    """Give the seconds to wait after so many tries, where the endpoint asks for no more."""
    longest: float = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (tries - 1))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
