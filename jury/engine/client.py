"""Send calls to one endpoint: at its rates, paid for attempt by attempt, and again where that is worth it."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from jury.engine.budget import BudgetSpent, Reservation, Stopped
from jury.engine.circuit import Circuit
from jury.engine.clock import SYSTEM_CLOCK, Clock
from jury.engine.limiter import Limiter
from jury.engine.reply import Billing, Declined, Reply, RetryableError, Unavailable

TRIES = 5
"Of a call that ends in a fault of the endpoint, a cut connection or silence."
PATIENCE = 600.0
"Seconds for a call that is refused for being one too many, which says nothing against the call itself."
FIRST_WAIT = 0.5
"Seconds before the second try; each further one waits twice as long, with chance in it."
LONGEST_WAIT = 30.0


class ChatEndpoint(Protocol):
    """What sends one chat completion, once: `Endpoint`, or a fake one in tests."""

    async def ask(self, **request: Any) -> Reply:
        """
        Return the reply to a request.

        :raises Declined, RetryableError, Unavailable: if there is none
        """


class RateLimitedClient:
    """An endpoint together with the limiter and the circuit that all workers share."""

    def __init__(
        self,
        endpoint: ChatEndpoint,
        limiter: Limiter,
        circuit: Circuit,
        *,
        tries: int = TRIES,
        patience: float = PATIENCE,
        first_wait: float = FIRST_WAIT,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.endpoint, self.limiter, self.circuit, self.clock = endpoint, limiter, circuit, clock
        self.tries, self.patience, self.first_wait = tries, patience, first_wait
        self.is_stopped = False
        self.has_faulted = asyncio.Event()
        "Set once a call ended in a fault or in silence, and not in a refusal."
        self.waiting: set[asyncio.Task[Any]] = set()
        "Tasks with no call under way: they wait for money, for their moment, or to try again."
        self.calling: set[asyncio.Task[Any]] = set()
        "Tasks with a call under way."
        self.is_abandoned = False

    async def call(
        self, request: dict[str, Any], *, prompt_tokens: int, answer_tokens: int, reservation: Reservation
    ) -> Reply:
        """
        Send one request, and send it again where the endpoint is busy or the connection was cut.

        Retry-After of an endpoint delays the calls of all workers.

        :param prompt_tokens: an estimate from the length of the question
        :param answer_tokens: the most that the answer may have
        :raises BudgetSpent: if the budget has no room for the first attempt
        :raises Declined: if a content filter stopped it
        :raises Unavailable: if there was no usable reply in the end
        :raises EndpointDown: if the endpoint has not answered for too long
        :raises Stopped: if `stop` was called before a reply came, or the run is not running
        """
        began = self.clock.monotonic()
        faults, refusals, last = 0, 0, None
        while True:
            try:
                await self.wait_for_turn(prompt_tokens, answer_tokens, reservation)
            except BudgetSpent as spent:
                if last is None or not reservation.calls:
                    raise
                raise Unavailable(f"{last}, and not asked again: {spent}") from spent
            try:
                return await self.attempt(request, reservation)
            except RetryableError as error:
                last = error
                if not error.is_refusal:
                    self.has_faulted.set()
                faults += not error.is_refusal and not self.is_trial(error)
                refusals += error.is_refusal
                wait = max(error.retry_after or 0.0, backoff(faults + refusals, self.first_wait))
                is_last = faults == self.tries or self.clock.monotonic() - began + wait > self.patience
                await self.report(error, is_last=is_last)
                if is_last:
                    asked = faults + refusals
                    raise Unavailable(f"{error} (asked {asked} times)" if asked > 1 else str(error)) from error
                await self.back_off(error, wait)

    async def wait_for_turn(self, prompt_tokens: int, answer_tokens: int, reservation: Reservation) -> None:
        """Reserve the price of the next attempt, and wait until it may be sent."""
        with self.wait():
            await reservation.reserve(prompt_tokens, answer_tokens)
            try:
                # A call that is made once, as a trial, does not wait until another worker has tried.
                await (self.circuit.wait() if self.tries > 1 else self.circuit.refresh())
                await self.limiter.wait(tokens=prompt_tokens + answer_tokens)
            except BaseException:
                reservation.cancel()
                raise

    async def attempt(self, request: dict[str, Any], reservation: Reservation) -> Reply:
        """Send a request once, and settle what it costs."""
        try:
            with self.call_under_way():
                reply = await self.endpoint.ask(**request)
        except Declined:
            settle(reservation, Billing.FREE)
            await self.circuit.record_answer()
            raise
        except Unavailable as error:
            settle(reservation, error.billing)
            if not isinstance(error, RetryableError):
                await self.circuit.record_answer()
            raise
        except BaseException:  # cancelled or abandoned, or a fault of ours
            reservation.forfeit()
            raise
        if reply.has_usage:
            reservation.charge(reservation.price(reply.prompt_tokens, reply.answer_tokens))
        else:
            reservation.forfeit()
        await self.circuit.record_answer()
        return reply

    async def report(self, error: RetryableError, *, is_last: bool) -> None:
        """Report to the circuit what speaks against the endpoint, rather than against this one question."""
        if error.is_refusal:
            await self.circuit.record_answer()
        elif error.is_down or is_last or self.circuit.open_until is not None:
            await self.circuit.record_fault(str(error))

    def is_trial(self, error: RetryableError) -> bool:
        """Return whether an attempt only found out that the endpoint is still away: it does not count as a try."""
        return self.tries > 1 and self.circuit.open_until is not None and error.billing == Billing.NOT_A_CALL

    async def back_off(self, error: RetryableError, seconds: float) -> None:
        """Wait before the next attempt; after a refusal, make all workers wait."""
        if error.is_refusal:
            await self.limiter.hold(seconds)
        else:
            with self.wait():
                await self.clock.sleep(seconds)

    def stop(self) -> None:
        """Start no further call; calls in progress are still awaited."""
        self.is_stopped = True
        for task in self.waiting:
            task.cancel()

    def abandon(self) -> None:
        """Start no further call and end the calls in progress, which are charged as reserved."""
        self.stop()
        self.is_abandoned = True
        for task in self.calling:
            task.cancel()

    @contextmanager
    def call_under_way(self) -> Iterator[None]:
        """
        Let `abandon` end the call that the current task makes in the block.

        :raises Stopped: if it does
        """
        task = asyncio.current_task()
        if self.is_abandoned or task is None:
            raise Stopped
        self.calling.add(task)
        try:
            yield
        except asyncio.CancelledError:
            if self.is_abandoned:
                raise Stopped from None
            raise
        finally:
            self.calling.discard(task)

    @contextmanager
    def wait(self) -> Iterator[None]:
        """
        Let `stop` end what the current task waits for in the block.

        :raises Stopped: if the client is stopped, before or meanwhile
        """
        task = asyncio.current_task()
        if self.is_stopped or task is None:
            raise Stopped
        self.waiting.add(task)
        try:
            yield
        except asyncio.CancelledError:
            if self.is_stopped:
                raise Stopped from None
            raise
        finally:
            self.waiting.discard(task)


def settle(reservation: Reservation, billing: Billing) -> None:
    """Settle an attempt without a reply by what it may be billed."""
    if billing == Billing.NOT_A_CALL:
        reservation.cancel()
    elif billing == Billing.FREE:
        reservation.charge(reservation.price(0, 0))
    else:
        reservation.forfeit()


def backoff(tries: int, first: float) -> float:
    """Return the seconds to wait after a number of tries, where the endpoint asks for no more."""
    longest: float = min(LONGEST_WAIT, first * 2 ** (tries - 1))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
