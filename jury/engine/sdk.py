"""
The openai SDK, to whom it may be led, and what its errors mean.

Loading it takes a second and 40 MB: `jury.engine.endpoint` does so when there is a question to ask.
"""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

import openai
from aiohttp import ClientSession, TCPConnector
from openai import AsyncOpenAI, DefaultAioHttpClient

from jury.endpoints import EndpointRules, ForbiddenEndpoint, origin_of
from jury.engine.reply import FILTER_CODES, TOO_MANY, Declined, RetryableError, Unavailable, brief
from jury.engine.retry_after import seconds_to_wait

WORTH_ANOTHER_TRY = {408, 409, 425, 429}
GATEWAY_SAYS_DOWN = {502, 504}


def client_of(base_url: str, api_key: str, *, seconds: float, rules: EndpointRules) -> AsyncOpenAI:
    """
    Make a client that goes to one endpoint and nowhere else.

    :raises ForbiddenEndpoint: if no question may go there
    """
    rules.check(base_url)
    is_free = bool(rules.allowed) and origin_of(base_url) in rules.allowed
    # The aiohttp transport is about twice as fast as the default one (docs/decisions/0004).
    return AsyncOpenAI(
        base_url=base_url,
        api_key=api_key or "none",
        # A redirect would lead to where nobody has looked, and a chat completion has no need of one.
        http_client=GuardedClient(None if is_free else rules, timeout=seconds, follow_redirects=False),
        max_retries=0,  # jury.engine.client tries again, at the rates that all workers share
    )


class GuardedClient(DefaultAioHttpClient):
    """
    The SDK's client on aiohttp, which looks at each address before it connects.

    The last moment is the only sure one: a name may lead elsewhere than when it was looked up before. Through a
    proxy that the environment names, the proxy looks names up, and is to be told itself what it may not reach.
    """

    def __init__(self, rules: EndpointRules | None, **options: Any) -> None:
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


def guarded_sockets(rules: EndpointRules) -> Callable[[Any], socket.socket]:
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


@contextmanager
def classify_error(seconds: float) -> Iterator[None]:
    """
    Turn what the SDK raises into what callers can act on.

    :param seconds: after which the client gives a call up
    :raises Declined, RetryableError, Unavailable: as `Endpoint.ask` says
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
            raise RetryableError(f"the endpoint cannot be reached: {brief(str(error))}", is_down=True) from error
        # The transport calls a refused connection a timeout too, and the clock knows better.
        if time.monotonic() - began < seconds * 0.95:
            raise RetryableError("the endpoint cannot be reached", is_down=True) from error
        raise RetryableError(f"no answer within {seconds:g} s", is_down=True) from error
    except openai.OpenAIError as error:
        raise Unavailable(f"the endpoint's answer is not one: {brief(str(error))}") from error
    except ValueError as error:  # a body that is not JSON gets past the SDK's own errors
        raise Unavailable(f"the endpoint's answer is not one: {brief(str(error))}") from error


def forbidden_by(error: BaseException | None) -> ForbiddenAddress | None:
    """Find the refusal of an address behind what the transport and the SDK have made of it."""
    while error is not None and not isinstance(error, ForbiddenAddress):
        error = getattr(error, "os_error", None) or error.__cause__ or error.__context__
    return error


def refused_by(error: openai.APIStatusError) -> Unavailable:
    """Tell an answer that may be another one later from one that will not."""
    reason = f"the endpoint answered {error.status_code}: {brief(error.message)}"
    if error.status_code not in WORTH_ANOTHER_TRY and error.status_code < 500:
        return Unavailable(reason)
    waits = seconds_to_wait(error.response.headers, time.time())
    status = error.status_code
    return RetryableError(reason, retry_after=waits, is_refusal=status in TOO_MANY, is_down=status in GATEWAY_SAYS_DOWN)
