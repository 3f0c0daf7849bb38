"""One question at a time to an OpenAI-compatible endpoint."""

import re
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Self

import openai
import orjson
from aiohttp import ClientSession, TCPConnector
from openai import AsyncOpenAI, DefaultAioHttpClient

from jury.endpoints import ForbiddenEndpoint, Rules, origin_of

SECONDS_A_CALL = 120.0
WORTH_ANOTHER_TRY = {408, 409, 425, 429}
TOO_MANY = {429, 503}
GATEWAY_SAYS_DOWN = {502, 504}
FILTER_CODES = {"content_filter", "content_policy_violation"}


class Unavailable(Exception):
    """The endpoint gave no usable answer."""


class Busy(Unavailable):
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


class GuardedClient(DefaultAioHttpClient):
    """
    The SDK's client on aiohttp, which looks at each address before it connects.

    The last moment is the only sure one: a name may lead elsewhere than when it was looked up before. Through a
    proxy that the environment names, the proxy looks names up, and is to be told itself what it may not reach.
    """

    def __init__(self, rules: Rules | None, **options: Any) -> None:
        self.rules = rules
        super().__init__(**options)

    def _init_transport(self, **options: Any) -> Any:  # type: ignore[override]  # we pass on what we do not name
        transport: Any = super()._init_transport(**options)
        if (rules := self.rules) is not None:
            transport.client = lambda: ClientSession(
                connector=TCPConnector(
                    limit=transport.limits.max_connections or 0,
                    keepalive_timeout=transport.limits.keepalive_expiry,
                    ssl=transport.ssl_context,
                    socket_factory=guarded_sockets(rules),
                )
            )
        return transport


def guarded_sockets(rules: Rules) -> Callable[[Any], socket.socket]:
    """Have sockets made for addresses that may be asked, and for no other."""

    def make(found: Any) -> socket.socket:
        family, kind, protocol, _, address = found
        try:
            rules.check_address(ip_address(address[0].partition("%")[0]))
        except ForbiddenEndpoint as error:
            raise ForbiddenAddress(str(error)) from error
        return socket.socket(family, kind, protocol)

    return make


class ForbiddenAddress(OSError):
    """As an error of the network, which the transport passes on as such."""


class Endpoint:
    """A client of one endpoint; use it in an `async with` block."""

    def __init__(
        self, base_url: str, api_key: str, *, seconds: float = SECONDS_A_CALL, rules: Rules | None = None
    ) -> None:
        """
        :raises ForbiddenEndpoint: if no question may go there
        """
        self.base_url, self.seconds = base_url, seconds
        rules = Rules() if rules is None else rules
        rules.check(base_url)
        is_free = bool(rules.allowed) and origin_of(base_url) in rules.allowed
        # The aiohttp transport is about twice as fast as the default one (docs/decisions/0004).
        self.client = AsyncOpenAI(
            base_url=base_url,
            api_key=api_key or "none",
            # A redirect would lead to where nobody has looked, and a chat completion has no need of one.
            http_client=GuardedClient(None if is_free else rules, timeout=seconds, follow_redirects=False),
            max_retries=0,  # jury.calling tries again, at the rates that all workers share
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self.client.close()

    async def ask(self, **request: Any) -> Reply:
        """
        Send one chat completion, once.

        :raises Declined: if a content filter stopped it
        :raises Busy: if the same call may be answered later
        :raises Unavailable: if there was no usable answer
        """
        began = time.monotonic()
        with told_apart(self.seconds):
            # The method beneath chat.completions.create, with bytes in and a dictionary out: the SDK's own way
            # there and back takes as long as all the rest of the call (docs/decisions/0004).
            completion: Any = await self.client.post("/chat/completions", content=orjson.dumps(request), cast_to=object)
        return read_completion(completion, time.monotonic() - began)


@contextmanager
def told_apart(seconds: float) -> Iterator[None]:
    """
    Turn what the SDK raises into what callers can act on.

    :param seconds: after which the client gives a call up
    :raises Declined, Busy, Unavailable: as `Endpoint.ask` says
    """
    began = time.monotonic()
    try:
        yield
    except openai.APIStatusError as error:
        if error.code in FILTER_CODES:
            raise Declined(f"filtered by the endpoint ({error.code})") from error
        raise refused_by(error) from error
    except (openai.APITimeoutError, openai.APIConnectionError) as error:
        if (forbidden := forbidden_by(error)) is not None:
            raise Unavailable(str(forbidden)) from error
        if not isinstance(error, openai.APITimeoutError):
            raise Busy(f"the endpoint cannot be reached: {brief(str(error))}", is_down=True) from error
        # The transport calls a refused connection a timeout too, and the clock knows better.
        if time.monotonic() - began < seconds * 0.95:
            raise Busy("the endpoint cannot be reached", is_down=True) from error
        raise Busy(f"no answer within {seconds:g} s", is_down=True) from error
    except openai.OpenAIError as error:
        raise Unavailable(f"the endpoint's answer is not one: {brief(str(error))}") from error
    except ValueError as error:  # a body that is not JSON gets past the SDK's own errors
        raise Unavailable(f"the endpoint's answer is not one: {brief(str(error))}") from error


def forbidden_by(error: BaseException | None) -> ForbiddenAddress | None:
    """Find the refusal of an address behind what the transport and the SDK have made of it."""
    while error is not None and not isinstance(error, ForbiddenAddress):
        error = getattr(error, "os_error", None) or error.__cause__ or error.__context__
    return error


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


def refused_by(error: openai.APIStatusError) -> Unavailable:
    """Tell an answer that may be another one later from one that will not."""
    reason = f"the endpoint answered {error.status_code}: {brief(error.message)}"
    if error.status_code not in WORTH_ANOTHER_TRY and error.status_code < 500:
        return Unavailable(reason)
    waits = seconds_to_wait(error.response.headers, time.time())
    status = error.status_code
    return Busy(reason, retry_after=waits, is_refusal=status in TOO_MANY, is_down=status in GATEWAY_SAYS_DOWN)


def seconds_to_wait(headers: Mapping[str, str], now: float) -> float | None:
    """
    Read for how long an endpoint wants to be left alone; None where it does not say.

    Sources: RFC 9110, 10.2.3 (`Retry-After`, seconds or a date); OpenAI's `retry-after-ms` and
    `x-ratelimit-reset-requests`, `-tokens` (as `1m30s`), of which those with nothing remaining count.
    """
    if (milliseconds := number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    if after := headers.get("retry-after"):
        seconds = number(after)
        return seconds if seconds is not None else until(after, now)
    resets = [
        reset
        for kind in ("requests", "tokens")
        if number(headers.get(f"x-ratelimit-remaining-{kind}")) == 0
        and (reset := duration(headers.get(f"x-ratelimit-reset-{kind}", ""))) is not None
    ]
    return max(resets, default=None)


def number(text: str | None) -> float | None:
    return float(text) if text and re.fullmatch(r"\s*\d{1,9}(\.\d{1,9})?\s*", text) else None


def until(date: str, now: float) -> float | None:
    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def duration(text: str) -> float | None:
    """Read seconds, or hours to milliseconds as `1h2m3.5s` and `20ms`."""
    if (seconds := number(text)) is not None:
        return seconds
    if not re.fullmatch(r"(\d{1,9}(\.\d{1,9})?(ms|h|m|s))+", text):
        return None
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
    return sum(float(amount) * units[unit] for amount, unit in re.findall(r"([\d.]+)(ms|h|m|s)", text))


def brief(text: str) -> str:
    return " ".join(text.split())[:300]
