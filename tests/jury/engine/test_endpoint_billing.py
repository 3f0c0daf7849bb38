"""What a call without a reply may be billed, told apart on real connections."""

import asyncio

from config.embedded.processes import free_port
from jury.engine.endpoint import Endpoint
from jury.engine.reply import Billing, RetryableError, Unavailable
from tests.cases import cases
from tests.jury.engine.fakes import run_aside

GOOD = b'{"choices": [{"message": {"content": "x"}}]}'


def error_of(behave, *, seconds=5):
    """Return the error of a call to a server that behaves in one way; None where it sends a reply."""

    async def work():
        server = await asyncio.start_server(behave, "127.0.0.1", 0) if behave else None
        port = server.sockets[0].getsockname()[1] if server else free_port()
        async with Endpoint(f"http://127.0.0.1:{port}/v1", "", seconds=seconds) as endpoint:
            try:
                await endpoint.ask(model="m", messages=[])
            except Unavailable as error:
                return error
            finally:
                if server:
                    server.close()
        return None

    return run_aside(work)


def answering(status, body=b"{}"):
    async def behave(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    return behave


async def cut(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.transport.abort()


async def say_nothing(reader, writer):
    while await reader.read(1000):
        pass
    writer.close()


@cases(
    ("behave", "billing", "is_retryable"),
    [
        (None, Billing.NOT_A_CALL, True),
        (cut, Billing.UNKNOWN, True),
        (answering(429), Billing.NOT_A_CALL, True),
        (answering(503), Billing.NOT_A_CALL, True),
        (answering(500), Billing.FREE, True),
        (answering(502), Billing.UNKNOWN, True),
        (answering(504), Billing.UNKNOWN, True),
        (answering(401), Billing.FREE, False),
        (answering(200, b"not JSON"), Billing.UNKNOWN, False),
        (answering(200, b"{}"), Billing.UNKNOWN, False),
    ],
)
def test_failed_call_is_billed_for_what_it_may_have_cost(behave, billing, is_retryable):
    error = error_of(behave)
    assert (error.billing, isinstance(error, RetryableError)) == (billing, is_retryable)


def test_timeout_may_be_billed():
    error = error_of(say_nothing, seconds=1)
    assert (error.billing, str(error)) == (Billing.UNKNOWN, "no answer within 1 s")


def test_reply_is_no_error():
    assert error_of(answering(200, GOOD)) is None
