"""
Bound what an endpoint may send: nothing compressed, and no more bytes than asked for.

A few megabytes of gzip unpack to gigabytes, and a body without end would fill the memory of the worker.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from httpx2 import AsyncBaseTransport, AsyncByteStream, Headers, Request, Response

ERROR_BYTES = 64 * 2**10
"The part of an error's body that is read; the words of the provider stand at its beginning."
CONTENT_TYPE = (b"Content-Type", b"application/json")
IGNORED_HEADERS = {b"content-type", b"content-encoding", b"content-length", b"transfer-encoding"}


class RefusedBody(Exception):
    """A response whose body is not read, or not to its end."""


class BoundedTransport(AsyncBaseTransport):
    """Passes requests on to a transport, and refuses bodies that are compressed or too large."""

    def __init__(self, transport: AsyncBaseTransport, most_bytes: int) -> None:
        self.transport, self.most_bytes = transport, most_bytes

    async def handle_async_request(self, request: Request) -> Response:
        """
        Return the response, with a body that ends before it becomes too large.

        :raises RefusedBody: if the body is compressed, or says that it is too large
        """
        response = await self.transport.handle_async_request(request)
        kept: list[tuple[bytes, bytes]] = [CONTENT_TYPE]
        about_body: dict[bytes, bytes] = {}
        for name, value in response.headers.raw:
            if (folded := name.lower()) not in IGNORED_HEADERS:
                kept.append((name, value))
            else:  # a header that comes twice means both, as after a comma
                about_body[folded] = about_body[folded] + b", " + value if folded in about_body else value
        try:
            stream = self.bounded_stream(response, about_body)
        except RefusedBody:
            await response.aclose()
            raise
        # All bodies are JSON. The name of a charset or of another type would only mislead whoever decodes it.
        response.headers, response.stream = Headers(kept), stream
        return response

    def bounded_stream(self, response: Response, about_body: Mapping[bytes, bytes]) -> AsyncByteStream:
        """
        Return the body of a response, bounded.

        :param about_body: IGNORED_HEADERS, names in lower case
        :raises RefusedBody: if none of it may be read
        """
        stream: Any = response.stream
        is_error = not response.is_success
        encoding = about_body.get(b"content-encoding", b"").decode("latin-1").strip().lower()
        if encoding not in ("", "identity"):
            if is_error:
                return UnreadStream(stream)
            raise RefusedBody(f"it is compressed ({encoding[:40]}), which was not asked for")
        if is_error:
            return BoundedStream(stream, ERROR_BYTES, cuts=True)
        length = about_body.get(b"content-length", b"")
        if length.isdigit() and int(length[:20]) > self.most_bytes:
            raise RefusedBody(too_large(self.most_bytes))
        return BoundedStream(stream, self.most_bytes)

    async def aclose(self) -> None:
        """Close the connections."""
        await self.transport.aclose()


class BoundedStream(AsyncByteStream):
    """A body that ends after so many bytes: in an error, or cut off."""

    def __init__(self, stream: AsyncByteStream, most_bytes: int, *, cuts: bool = False) -> None:
        self.stream, self.most_bytes, self.cuts = stream, most_bytes, cuts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """
        Yield the body.

        :raises RefusedBody: if it is too large, and not to be cut off
        """
        left = self.most_bytes
        async for chunk in self.stream:
            if len(chunk) > left and not self.cuts:
                raise RefusedBody(too_large(self.most_bytes))
            yield chunk[:left]
            left -= len(chunk)
            if left < 0:
                return

    async def aclose(self) -> None:
        """Close the connection if anything of the body is left."""
        await self.stream.aclose()


class UnreadStream(BoundedStream):
    """An empty body in place of one that is not read."""

    def __init__(self, stream: AsyncByteStream) -> None:
        super().__init__(stream, 0, cuts=True)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield nothing."""
        yield b""


def too_large(most_bytes: int) -> str:
    """Return in words that a body has more bytes than are read."""
    return f"it has more than {most_bytes:,} bytes"
