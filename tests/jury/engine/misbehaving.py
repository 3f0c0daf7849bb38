"""Servers on loopback that answer a call in ways which no endpoint should."""

import asyncio
from contextlib import asynccontextmanager, suppress

from jury.engine.endpoint import Endpoint
from jury.engine.reply import Declined, Unavailable

GOOD = b'{"choices": [{"message": {"content": "x"}}]}'


@asynccontextmanager
async def served(behave):
    """Serve every connection by a coroutine of a reader and a writer; yield the base URL."""
    server = await asyncio.start_server(behave, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    finally:
        server.close()


async def ask(behave, *, seconds=5, question="", **limits):
    """Return what a call to such a server comes to: a reply or an error."""
    async with served(behave) as url, Endpoint(url, "", seconds=seconds, **limits) as endpoint:
        try:
            return await endpoint.ask(model="m", messages=[question])
        except (Declined, Unavailable) as error:
            return error


def dripping(head, drop, gone=None):
    """
    Return a behaviour that sends a head and then drop after drop, whether or not the question was read.

    :param gone: an event that is set when the client has closed the connection
    """

    async def behave(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        while not writer.is_closing():
            writer.write(drop)
            await asyncio.sleep(0.01)
        if gone:
            gone.set()

    return behave


def sending(body, *headers, status=200, length=True):
    """
    Return a behaviour that sends a body of bytes or of chunks.

    :param headers: further lines of the head, as bytes
    """
    chunks = [body] if isinstance(body, bytes) else body
    size = [b"Content-Length: %d" % len(body)] if length and isinstance(body, bytes) else []
    head = [b"HTTP/1.1 %d X" % status, b"Content-Type: application/json", b"Connection: close", *size, *headers]

    async def behave(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        with suppress(ConnectionError, asyncio.CancelledError):
            writer.write(b"\r\n".join(head) + b"\r\n\r\n")
            for chunk in chunks:
                writer.write(chunk)
                await writer.drain()
        writer.close()

    return behave
