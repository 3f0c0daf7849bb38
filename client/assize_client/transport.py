"""Send calls over HTTP: token, timeouts, retries, and errors as exceptions."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2

from assize_client.errors import ApiError, AssizeError, ConnectionFailed, kind_of

ROOT = "/api/v1/"
BUSY = (429, 502, 503, 504)
"Answers after which a call may succeed if it is sent again. 502 and 504 are a proxy's, so only reads are repeated."
UNDONE = (429, 503)
"Answers that say that nothing was done, so that any call may be repeated."
LONGEST_WAIT = 30.0
"Seconds between two tries where the site does not say how long to wait."


def part(value: object) -> str:
    """Return a value as one part of a path: slashes are encoded, and `..` leads nowhere."""
    text = quote(str(value), safe="")
    return text.replace(".", "%2E") if text in (".", "..") else text


class Transport:
    """Sends calls to one site as one person."""

    def __init__(
        self,
        url: str,
        token: str = "",
        *,
        timeout: float = 30.0,
        patience: float = 60.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """
        :param url: of the site, such as https://assize.example.org
        :param token: of the page *Tokens*
        :param timeout: seconds to connect, and between two pieces of an answer
        :param patience: seconds that a call may wait in all to be sent again; 0 never sends one again
        :raises AssizeError: if the URL or the token cannot be one
        """
        self.root = root_of(url)
        self.patience, self.sleep = patience, sleep
        if not token.isascii():
            raise AssizeError("The token has characters that no token has. Copy it again.")
        headers = {"Accept": "application/json", "User-Agent": "assize-client"}
        if token:
            headers["Authorization"] = f"Token {token.strip()}"
        # Redirects are not followed: the token would go to wherever they lead.
        self.http = httpx2.Client(headers=headers, timeout=timeout, follow_redirects=False)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.root!r})"

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def call(self, method: str, path: str, **sent: Any) -> Any:
        """
        Send a call as `exchange` does, and return its JSON; None where it answers with nothing.

        :raises ApiError: if the site refuses the call
        :raises ConnectionFailed: if it cannot be reached, or the answer breaks off
        """
        response = self.exchange(method, path, whole=True, **sent)
        try:
            return response.json() if response.content else None
        except ValueError as error:
            raise ConnectionFailed(f"{self.root} answered with something else than JSON.") from error

    @contextmanager
    def stream(self, method: str, path: str, **sent: Any) -> Iterator[httpx2.Response]:
        """
        Send a call as `exchange` does, and yield the response before its body is read.

        :raises ApiError: if the site refuses the call
        :raises ConnectionFailed: if it cannot be reached
        """
        response = self.exchange(method, path, whole=False, **sent)
        try:
            yield response
        finally:
            response.close()

    def exchange(
        self,
        method: str,
        path: str,
        *,
        whole: bool,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str | None] | None = None,
        body: Any = None,
        file: Path | None = None,
    ) -> httpx2.Response:
        """
        Send a call, again if the site is busy, and return the response.

        :param whole: whether its body is read
        :param query: values may be lists; those that are None are left out
        :param body: sent as JSON
        :param file: sent as the whole body, in blocks
        """
        params = {name: plain(value) for name, value in (query or {}).items() if value is not None}
        sent = {name: value for name, value in (headers or {}).items() if value is not None}
        waits = Waits(self.patience)
        while True:
            try:
                with file.open("rb") if file else nullcontext() as content:
                    request = self.http.build_request(
                        method, self.root + path, params=params, headers=sent, json=body, content=content
                    )
                    return self.send(request, whole)
            except (ApiError, ConnectionFailed) as problem:
                wait = waits.next(problem) if may_repeat(method, problem) else None
                if wait is None:
                    raise
            self.sleep(wait)

    def send(self, request: httpx2.Request, whole: bool) -> httpx2.Response:
        """
        Send a request once, and return the response.

        :raises ApiError: if the site refuses it
        :raises ConnectionFailed: if it cannot be reached
        """
        try:
            response = self.http.send(request, stream=True)
            is_good = response.is_success or response.status_code in (304, 416)
            if whole or not is_good:
                try:
                    response.read()
                finally:
                    response.close()
        except httpx2.TransportError as error:
            is_unsent = isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout)
            kind = Unsent if is_unsent else ConnectionFailed
            raise kind(f"{self.root} cannot be reached: {error or type(error).__name__}") from error
        if not is_good:
            raise error_of(response)
        return response


class Unsent(ConnectionFailed):
    """No connection was made, so nothing was done."""


class Waits:
    """The waits before a call is sent again, together no longer than its patience."""

    def __init__(self, patience: float) -> None:
        self.left = patience
        self.wait = 0.5

    def next(self, problem: AssizeError) -> float | None:
        """Return how many seconds to wait; None if that is longer than the patience."""
        named = problem.retry_after if isinstance(problem, ApiError) else None
        wait = self.wait * random.uniform(0.5, 1.0) if named is None else named  # noqa: S311 - spreads callers
        self.wait = min(self.wait * 2, LONGEST_WAIT)
        if wait > self.left or self.left <= 0:
            return None
        self.left -= max(wait, 0.1)  # a site that says "after 0 seconds" for ever ends, too
        return wait


def may_repeat(method: str, problem: AssizeError) -> bool:
    """Return whether a call may be sent again without being done twice."""
    if isinstance(problem, Unsent):
        return True
    if isinstance(problem, ApiError):
        return problem.status in (BUSY if method == "GET" else UNDONE)
    return method == "GET"


@contextmanager
def reading(response: httpx2.Response) -> Iterator[None]:
    """
    :raises ConnectionFailed: if the connection breaks off in the block, which reads the response
    """
    try:
        yield
    except httpx2.TransportError as error:
        reason = error or type(error).__name__
        raise ConnectionFailed(f"The answer of {response.url.host} broke off: {reason}") from error


def plain(value: Any) -> Any:
    """Return a value as it stands in a query."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return [plain(each) for each in value] if isinstance(value, list | tuple) else str(value)


def root_of(url: str) -> str:
    """
    Return the address of the routes of a site, with a slash at its end.

    :raises AssizeError: if the URL is no address of a site
    """
    try:
        parts = urlsplit(url.strip())
        is_site = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_site = False
    if not is_site or parts.query or parts.fragment or "@" in parts.netloc:
        raise AssizeError(f"{url!r} is not the address of a site, such as https://assize.example.org.")
    path = parts.path.rstrip("/").removesuffix(ROOT.rstrip("/"))
    return f"{parts.scheme}://{parts.netloc}{path}{ROOT}"


def error_of(response: httpx2.Response) -> ApiError:
    """Return the exception that a response says: ours in JSON, or another in any form."""
    status, wait = response.status_code, seconds_of(response.headers.get("Retry-After"))
    try:
        error = response.json()["error"]
        return kind_of(status)(status, str(error["code"]), str(error["message"]), error.get("fields") or {}, wait)
    except (ValueError, KeyError, TypeError, AttributeError):
        if target := response.headers.get("Location"):
            message = f"The site sends this call on to {target}. Use that address."
        else:
            message = f"{response.url.host} answered {status} {response.reason_phrase}, and not as an Assize site does."
        return kind_of(status)(status, "", message, {}, wait)


def seconds_of(retry_after: str | None) -> float | None:
    """Return the seconds that a Retry-After header names (RFC 9110, section 10.2.3); None if it names none."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
