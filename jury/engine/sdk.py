"""
Build a guarded OpenAI client and classify its errors.

Loading the SDK takes a second and 40 MB: `jury.engine.endpoint` does so when the first question is asked.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import openai
from aiohttp import ClientConnectorError, ClientError, ClientSession, ConnectionTimeoutError, TCPConnector
from httpx2 import Response, Timeout, TransportError
from openai import AsyncOpenAI, DefaultAioHttpClient

from jury.endpoints import EndpointRules
from jury.engine.bounded import BoundedTransport, RefusedBody
from jury.engine.cleaning import read_json
from jury.engine.provider_errors import status_error
from jury.engine.reply import Billing, RetryableError, Unavailable, brief
from jury.engine.retry_after import seconds_to_wait
from jury.guarded_sockets import ForbiddenAddress, SocketFactory, socket_factory

__all__ = ["Response", "classify_error", "guarded_client"]


def guarded_client(
    base_url: str, api_key: str, *, seconds: float, most_bytes: int, rules: EndpointRules
) -> AsyncOpenAI:
    """
    Return a client that connects to one endpoint and nowhere else.

    :param seconds: the longest silence; `Endpoint.call` limits the whole call
    :param most_bytes: the largest body that is read
    :raises ForbiddenEndpoint: if no question may go there
    """
    rules.check(base_url)
    # The aiohttp transport is about twice as fast as the default one (docs/decisions/0004).
    return AsyncOpenAI(
        base_url=base_url,
        api_key=api_key or "none",
        # A redirect would lead to an address that no rule has checked, and a chat completion needs none.
        http_client=GuardedClient(
            socket_factory(base_url, rules),
            most_bytes,
            # Less for the connection, so that a call which was never sent is told from one without an answer.
            timeout=Timeout(seconds, connect=0.9 * seconds),
            follow_redirects=False,
            headers={"Accept-Encoding": "identity"},  # BoundedTransport refuses what is compressed
        ),
        max_retries=0,  # jury.engine.client tries again, at the rates that all workers share
    )


class GuardedClient(DefaultAioHttpClient):
    """
    The SDK's client on aiohttp, which checks each address when it connects and bounds what it reads.

    An earlier check would prove nothing, because a name may resolve to another address later. Where the environment
    names a proxy, that proxy resolves names and must have rules of its own.
    """

    def __init__(self, make_socket: SocketFactory | None, most_bytes: int, **options: Any) -> None:
        self.make_socket, self.most_bytes = make_socket, most_bytes
        super().__init__(**options)

    def _init_transport(self, **options: Any) -> Any:  # type: ignore[override]  # we pass on what we do not name
        transport: Any = super()._init_transport(**options)
        if (make_socket := self.make_socket) is not None:
            transport.client = lambda: ClientSession(
                connector=TCPConnector(
                    limit=transport.limits.max_connections or 0,
                    keepalive_timeout=transport.limits.keepalive_expiry,
                    ssl=transport.ssl_context,
                    socket_factory=make_socket,
                )
            )
        return BoundedTransport(transport, self.most_bytes)

    def _init_proxy_transport(self, *arguments: Any, **options: Any) -> Any:
        return BoundedTransport(super()._init_proxy_transport(*arguments, **options), self.most_bytes)


@contextmanager
def classify_error(seconds: float) -> Iterator[None]:
    """
    Raise what callers can act on in place of the SDK's errors.

    :param seconds: the time limit of a call
    :raises Declined, RetryableError, Unavailable: as `Endpoint.ask` says
    """
    began = time.monotonic()
    try:
        yield
    except openai.APIStatusError as error:
        wait = seconds_to_wait(error.response.headers, time.time())
        raise status_error(error.status_code, body_of(error.response), retry_after=wait) from error
    except openai.APIConnectionError as error:  # a timeout is one too
        raise connection_error(error, took=time.monotonic() - began, limit=seconds) from error
    except TimeoutError as error:
        raise RetryableError(f"no answer within {seconds:g} s", billing=Billing.UNKNOWN, is_down=True) from error
    except TransportError as error:  # in the middle of a file, which the SDK does not see
        reason = f"the connection broke: {brief(str(error)) or type(error).__name__}"
        raise RetryableError(reason, billing=Billing.UNKNOWN, is_down=True) from error
    except openai.OpenAIError as error:
        raise Unavailable(f"the endpoint's answer is not one: {brief(str(error))}") from error
    except (ValueError, LookupError, ClientError, RefusedBody) as error:
        # What gets past the SDK's own errors: no JSON, an unknown charset, headers or bodies that are too long.
        raise Unavailable(f"the endpoint's answer is not one: {brief(str(error))}") from error
    except OSError as error:  # of the file that an answer is written to
        raise RetryableError(f"a file failed: {error.strerror or error}", billing=Billing.UNKNOWN) from error


def connection_error(error: openai.APIConnectionError, *, took: float, limit: float) -> Unavailable:
    """
    Return what a lost or missing connection means.

    :param took: seconds from the beginning of the call
    :param limit: seconds after which the client stops waiting
    """
    causes = list(causes_of(error))
    if forbidden := next((cause for cause in causes if isinstance(cause, ForbiddenAddress)), None):
        return Unavailable(str(forbidden), billing=Billing.NOT_A_CALL)
    # The SDK and its transport name a refused and a cut connection a timeout too; aiohttp knows whether it was made.
    is_sent = not any(isinstance(cause, ClientConnectorError | ConnectionTimeoutError) for cause in causes)
    billing = Billing.UNKNOWN if is_sent else Billing.NOT_A_CALL
    is_timeout = isinstance(error, openai.APITimeoutError)
    if is_timeout and took >= limit * 0.95:
        return RetryableError(f"no answer within {limit:g} s", billing=billing, is_down=True)
    reason = "the endpoint cannot be reached" + ("" if is_timeout else f": {brief(str(error))}")
    return RetryableError(reason, billing=billing, is_down=True)


def causes_of(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and the ones that led to it, the socket's among them."""
    while error is not None:
        yield error
        error = getattr(error, "os_error", None) or error.__cause__ or error.__context__


def body_of(response: Response) -> Any:
    """Return the body of an error: parsed JSON, or a text that is none."""
    try:
        return read_json(response.content)
    except ValueError:
        return response.content.decode("utf-8", "replace")
