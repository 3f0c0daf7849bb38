"""One call after another to one endpoint: at its rates, and again where that is worth it."""

import asyncio
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jury.engine.circuit import Circuit
from jury.engine.endpoint import Endpoint
from jury.engine.limiter import Limiter
from jury.engine.reply import Declined, Reply, RetryableError, Unavailable

TRIES = 5
"Of a call that ends in a fault of the endpoint, a cut connection or silence."
PATIENCE = 600.0
"Seconds for a call that is refused for being one too many, which says nothing against the call itself."
FIRST_WAIT = 0.5
"Seconds before the second try; each further one waits twice as long, with chance in it."
LONGEST_WAIT = 30.0


class Stopped(Exception):
    """Nothing more is to go out."""


class RateLimitedClient:
    """An endpoint together with the limiter and the circuit that all workers share."""

    def __init__(
        self,
        endpoint: Endpoint,
        limiter: Limiter,
        circuit: Circuit,
        *,
        tries: int = TRIES,
        patience: float = PATIENCE,
    ) -> None:
        self.endpoint, self.limiter, self.circuit = endpoint, limiter, circuit
        self.tries, self.patience = tries, patience
        self.is_stopped = False
        self.idle: set[asyncio.Task[Any]] = set()
        "Tasks with no call under way: they wait for their moment, or to try again."

    async def call(self, request: dict[str, Any], *, tokens: int) -> Reply:
        """
        Send one request, and send it again where the endpoint is busy or the connection was cut.

        What an endpoint asks for by Retry-After holds for the calls of all workers.

        :param tokens: of the question and the longest answer together
        :raises Declined: if a content filter stopped it
        :raises Unavailable: if there was no usable answer in the end
        :raises EndpointDown: if the endpoint has been silent for too long
        :raises Stopped: if `stop` was called before an answer came
        """
        began = time.monotonic()
        faults = refusals = 0
        while True:
            with self.waiting():
                # A call that is made once, to see, does not wait until somebody else has seen.
                await (self.circuit.wait() if self.tries > 1 else self.circuit.look())
                await self.limiter.wait(tokens=tokens)
            try:
                return await self.ask(request)
            except RetryableError as error:
                faults, refusals = faults + (not error.is_refusal), refusals + error.is_refusal
                wait = max(error.retry_after or 0.0, backed_off(faults + refusals))
                is_last = faults == self.tries or time.monotonic() - began + wait > self.patience
                await self.note(error, is_last=is_last)
                if is_last:
                    asked = faults + refusals
                    raise Unavailable(f"{error} (asked {asked} times)" if asked > 1 else str(error)) from error
                if error.is_refusal:
                    await self.limiter.hold(wait)
                else:
                    with self.waiting():
                        await asyncio.sleep(wait)

    async def ask(self, request: dict[str, Any]) -> Reply:
        try:
            reply = await self.endpoint.ask(**request)
        except RetryableError:
            raise
        except (Declined, Unavailable):
            await self.circuit.answered()
            raise
        await self.circuit.answered()
        return reply

    async def note(self, error: RetryableError, *, is_last: bool) -> None:
        """Tell the circuit what speaks against the endpoint, rather than against this one question."""
        if error.is_refusal:
            await self.circuit.answered()
        elif error.is_down or is_last or self.circuit.open_until is not None:
            await self.circuit.failed(str(error))

    def stop(self) -> None:
        """Let no further call go out; those under way are awaited."""
        self.is_stopped = True
        for task in self.idle:
            task.cancel()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """
        :raises Stopped: if the line is stopped, before or meanwhile
        """
        task = asyncio.current_task()
        if self.is_stopped or task is None:
            raise Stopped("the run was stopped")
        self.idle.add(task)
        try:
            yield
        except asyncio.CancelledError:
            if self.is_stopped:
                raise Stopped("the run was stopped") from None
            raise
        finally:
            self.idle.discard(task)


def backed_off(tries: int) -> float:
    """Return the seconds to wait after so many tries, where the endpoint asks for no more."""
    longest: float = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (tries - 1))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
