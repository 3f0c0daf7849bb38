"""Replies that are too large, compressed, endless or slow: refused early, and charged as they may be billed."""

import asyncio
import gzip
import itertools

from jury.engine.endpoint import Endpoint
from jury.engine.reply import Billing, Reply, RetryableError, Unavailable
from tests.jury.engine.fakes import run_aside
from tests.jury.engine.misbehaving import GOOD, ask, dripping, sending, served

BLANKS = b" " * 2**16
LIMIT = 2**20
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"


def outcome(behave, **options):
    return run_aside(lambda: ask(behave, most_bytes=LIMIT, **options))


def test_compressed_reply_is_refused_unread():
    bomb = gzip.compress(GOOD + b" " * 2**20)
    for encoding in (b"gzip", b"deflate", b"br", b"zstd", b"x-unknown", b"gzip, identity"):
        error = outcome(sending(bomb, b"Content-Encoding: " + encoding))
        assert f"it is compressed ({encoding.decode()})" in str(error)
        assert (type(error), error.billing) == (Unavailable, Billing.UNKNOWN)
    twice = outcome(sending(bomb, b"Content-Encoding: gzip", b"content-encoding: identity"))
    assert "it is compressed (gzip, identity)" in str(twice)
    for encoding in (b"identity", b"IDENTITY", b""):
        assert outcome(sending(GOOD, b"Content-Encoding: " + encoding)).text == "x"


def test_call_asks_for_no_compression():
    heads = []

    async def behave(reader, writer):
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    outcome(behave)
    assert b"accept-encoding: identity\r\n" in heads[0].lower()


def test_reply_that_says_it_is_too_large_is_not_read():
    error = outcome(sending(BLANKS, b"Content-Length: %d" % (LIMIT + 1), length=False))
    assert str(error) == "the endpoint's answer is not one: it has more than 1,048,576 bytes"
    for digits in (b"9" * 5000, b"9" * 19):
        assert isinstance(outcome(sending(BLANKS, b"Content-Length: " + digits, length=False)), Unavailable)


def test_reply_without_end_is_left_at_the_limit():
    for framing in ([], [b"Transfer-Encoding: chunked"]):
        chunk, sent = b"10000\r\n" + BLANKS + b"\r\n" if framing else BLANKS, itertools.count()
        error = outcome(sending((chunk for _ in sent), *framing), seconds=30)
        assert "it has more than 1,048,576 bytes" in str(error)
        assert next(sent) * len(BLANKS) < 20 * LIMIT  # the sockets' buffers hold some


def test_reply_of_the_limit_is_read():
    assert outcome(sending(GOOD.ljust(LIMIT))).text == "x"


def test_large_or_compressed_error_keeps_its_status():
    body = b'{"error": {"message": "no such model"}}'
    large = outcome(sending(itertools.chain([body], itertools.repeat(BLANKS, 10_000)), status=404))
    assert "404" in str(large)
    packed = outcome(sending(gzip.compress(body), b"Content-Encoding: gzip", status=503))
    assert (packed.is_refusal, packed.billing) == (True, Billing.NOT_A_CALL)


def test_dripping_reply_ends_with_the_time_of_the_call():
    for behave in (dripping(HEAD, b" "), dripping(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n")):
        for question in ("", "x" * 2**24):  # which is too long for the buffers, and nobody reads it
            error = outcome(behave, seconds=0.3, question=question)
            assert (type(error), error.billing, error.is_down) == (RetryableError, Billing.UNKNOWN, True)
            assert str(error) == "no answer within 0.3 s"


def test_cancelled_call_lets_go_at_once():
    async def work():
        gone = asyncio.Event()
        async with served(dripping(HEAD, b" ", gone)) as url, Endpoint(url, "", seconds=600) as endpoint:
            call = asyncio.ensure_future(endpoint.ask(model="m", messages=[]))
            await asyncio.sleep(0.2)
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)
            await gone.wait()
        return call.cancelled()

    assert run_aside(lambda: asyncio.wait_for(work(), timeout=30))


def test_headers_without_end_are_refused():
    many = [b"X-%d: y" % number for number in range(20_000)]
    for headers in (many, [b"X: " + b"y" * 10_000], [b"Y" * 10_000 + b": x"]):
        error = outcome(sending(GOOD, *headers))
        assert (type(error), error.billing) == (Unavailable, Billing.UNKNOWN)
        assert str(error).startswith("the endpoint's answer is not one: ")


def test_odd_headers_do_no_harm():
    odd = [
        b"Content-Type: text/plain; charset=hex", b"Content-Type: text/event-stream", b"Content-Type: \xff\xfe",
        b"Content-Type: ;;;", b"X-Odd: \xed\xa0\xbd", b"Set-Cookie: a=\x80", b"Content-Type: text/json; charset=utf-7",
    ]  # fmt: skip
    for header in odd:
        for status in (200, 400):
            result = outcome(sending(GOOD, header, status=status))
            assert isinstance(result, Reply if status == 200 else Unavailable), (header, status)
    for after in (
        b"-1",
        b"9" * 400,
        b"nan",
        b"1e9",
        b"\xd9\xa3",
        b"Wed, 99 Foo",
        b"Fri, 31 Dec 9999 23:59:59 GMT",
        b"\xff",
    ):
        error = outcome(sending(b"{}", b"Retry-After: " + after, status=429))
        assert (type(error), error.is_refusal) == (RetryableError, True), after


def test_what_is_no_http_is_no_reply():
    for text in (b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", b""):

        async def behave(reader, writer, text=text):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(text)
            writer.close()

        assert isinstance(outcome(behave), Unavailable), text
