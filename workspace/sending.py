"""Send one message to the address of a webhook: no redirects, no proxy, a time limit, and little read of the answer."""

import asyncio
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorDNSError,
    ClientError,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)

from corpus.errors import Refused
from jury.endpoints import EndpointRules
from jury.engine.retry_after import seconds_to_wait
from jury.guarded_sockets import ForbiddenAddress, socket_factory
from workspace.sent import Sent

SECONDS = 10.0
"The time limit of a whole call, from the look-up of the name on."
BYTES_READ = 2_000
LONGEST_ANSWER = 500
"Characters of an answer that are stored."
HEADERS = {"content-type": "application/json", "accept-encoding": "identity", "user-agent": "Assize-Webhooks/1"}


def send(url: str, body: bytes, headers: Mapping[str, str], rules: EndpointRules, *, seconds: float = SECONDS) -> Sent:
    """
    Send a message once.

    :param headers: besides HEADERS
    :param seconds: the time limit
    """
    began = time.monotonic()
    status, answer, wait = None, "", None
    try:
        # In a thread of its own, as the caller's may run an event loop already.
        with ThreadPoolExecutor(1) as aside:
            post_once = post(url, body, {**HEADERS, **headers}, rules, seconds)
            status, answer, wait = aside.submit(asyncio.run, post_once).result()
    except TimeoutError:
        answer = f"No answer within {seconds:g} s."
    except (Refused, ClientError, OSError, ValueError) as error:
        answer = reason_of(error)
    return Sent(status, answer, round(time.monotonic() - began, 3), wait)


async def post(
    url: str, body: bytes, headers: Mapping[str, str], rules: EndpointRules, seconds: float
) -> tuple[int, str, float | None]:
    """
    Send a POST, and return the status, the beginning of the answer, and the seconds to wait that it asks for.

    :raises ForbiddenEndpoint: if nothing may be sent there
    :raises ClientError, OSError, TimeoutError: if there is no answer
    """
    connector = TCPConnector(socket_factory=socket_factory(url, rules), force_close=True)
    async with (
        asyncio.timeout(seconds),
        ClientSession(
            connector=connector,
            timeout=ClientTimeout(total=seconds),
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,  # a few kilobytes may unpack to gigabytes
            trust_env=False,  # a proxy would connect to what no rule has checked
        ) as session,
        session.post(url, data=body, headers=headers, allow_redirects=False) as response,
    ):
        start = b""
        with suppress(ClientError):  # the status stands, whatever becomes of the rest
            start = await response.content.read(BYTES_READ)
        wait = seconds_to_wait(response.headers, time.time())
        return response.status, describe(response.status, start), wait


def describe(status: int, start: bytes) -> str:
    """Return the beginning of an answer as text without control characters."""
    if 300 <= status < 400:
        return "It redirects to another address, and redirects are not followed. Enter the other address."
    text = "".join(letter if letter.isprintable() else " " for letter in start.decode(errors="replace"))
    return " ".join(text.split())[:LONGEST_ANSWER]


def reason_of(error: BaseException) -> str:
    """Return why there is no answer, in a sentence that does not quote the address."""
    causes = [error, getattr(error, "os_error", None), error.__cause__]
    if forbidden := next((each for each in causes if isinstance(each, Refused | ForbiddenAddress)), None):
        return str(forbidden)
    if isinstance(error, ClientConnectorDNSError):
        return "Its host name is not known."
    if isinstance(error, ClientConnectorCertificateError):
        return "Its TLS certificate is not valid for this host."
    if isinstance(error, OSError):
        return "No connection to it could be made."
    return f"Its answer is not HTTP, or broke off ({type(error).__name__})."
