"""Stores that are overloaded, refuse, or break off: what is tried again, what is left, and what people are told."""

import os
import re

import pytest
from botocore.retries.standard import ExponentialBackoff

from corpus.stores import StoreAway, StoreProblem
from corpus.stores.s3 import PART, RESUMES, S3Store
from tests.buckets import keys_in, options, s3, s3_address  # noqa: F401 - fixtures
from tests.cases import cases
from tests.client.servers import cutting_proxy, scripted
from tests.factories import command

LISTED = b"""<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated><Contents>
<Key>site/a/uploads/x</Key><Size>1</Size><LastModified>2026-01-02T03:04:05.000Z</LastModified></Contents>
</ListBucketResult>"""
OTHERS_WORDS = "words of the store"


@pytest.fixture(autouse=True)
def asked_again_soon(monkeypatch):
    """The library waits for up to two seconds before it asks an overloaded store again."""
    monkeypatch.setitem(ExponentialBackoff._DEFAULT_BACKOFF_CONFIG, "throttling_base_scale", 0.02)


def answer(status, code):
    """Return an answer of a store that refuses."""
    body = f"<Error><Code>{code}</Code><Message>{OTHERS_WORDS}</Message></Error>"
    return status, {"Content-Type": "application/xml"}, body.encode()


def test_overloaded_store_is_asked_again(tmp_path):
    with scripted(answer(503, "SlowDown"), answer(503, "SlowDown"), (200, {}, LISTED)) as server:
        assert [each.name for each in S3Store(options(server.url), tmp_path).files("uploads")] == ["uploads/x"]
    assert len(server.got) == 3


def test_store_that_stays_overloaded_is_away_after_three_tries(tmp_path):
    with scripted(answer(503, "SlowDown")) as server:
        with pytest.raises(StoreAway, match=r"overloaded or being mended \(SlowDown\). Try again later"):
            S3Store(options(server.url), tmp_path).write("a", [b"x"])
        assert [method for method, *_rest in server.got] == ["PUT"] * 3


def test_download_that_breaks_off_before_its_first_byte_each_time_is_given_up(tmp_path):
    with scripted((200, {"ETag": '"a"', "Content-Length": "9"}, b"")) as server:
        with pytest.raises(StoreAway):
            b"".join(S3Store(options(server.url), tmp_path).blocks("a"))
        assert len(server.got) == 1 + RESUMES


@cases(
    ("status", "code", "message"),
    [
        (403, "InvalidAccessKeyId", "does not know the id in STORAGE_KEY"),
        (403, "SignatureDoesNotMatch", "The secret in STORAGE_KEY is not that of its id"),
        (403, "RequestTimeTooSkewed", "The clocks of this machine and of the store differ too much. Set both by NTP"),
        (403, "AccessDenied", "It needs s3:GetObject, s3:PutObject"),
        (400, "ExpiredToken", "The session token in STORAGE_KEY has expired"),
        (400, "AuthorizationHeaderMalformed", "in another region than STORAGE_REGION says"),
        (404, "NoSuchBucket", "There is no bucket files in the store"),
        (507, "XMinioStorageFull", "no room left for the bucket"),
        (418, "Teapot", OTHERS_WORDS),
    ],
)
def test_refusal_says_what_to_mend_by_any_request_and_by_the_command(tmp_path, settings, status, code, message):
    with scripted(answer(status, code)) as server:
        place = S3Store(options(server.url), tmp_path)
        for deed in (
            lambda: place.write("a", [b"x"]),
            lambda: place.find("a"),  # by HEAD, whose answer has no body
            lambda: b"".join(place.blocks("a")),
            lambda: list(place.files("a")),
        ):
            with pytest.raises(StoreProblem, match=re.escape(message)) as refusal:
                deed()
            assert not isinstance(refusal.value, StoreAway)
        settings.STORAGE = options(server.url)
        tried = command("check_storage")
    assert (tried.code, message in tried.stderr, "Traceback" in tried.stderr) == (2, True, False), tried.stderr


@cases(
    ("page", "message"),
    [
        (b"<html><p>A console</p></html>", "does not speak S3. Name the address of the store itself"),
        (b"<!DOCTYPE html><p>A console", "is being mended, or there is none at STORAGE_ENDPOINT"),
    ],
)
def test_page_at_the_address_of_the_store_is_told_from_a_store(settings, page, message):
    with scripted((200, {"Content-Type": "text/html"}, page)) as server:
        settings.STORAGE = options(server.url)
        tried = command("check_storage")
    assert (tried.code, message in tried.stderr) == (2, True), tried.stderr


def test_part_whose_connection_is_reset_is_sent_again(s3, s3_address, tmp_path):  # noqa: F811
    content = os.urandom(PART + 2**20)
    with cutting_proxy(s3_address) as proxy:
        place = S3Store(options(proxy.url), tmp_path)
        proxy.cuts, proxy.after, proxy.only = 1, 0, b"partNumber=2"
        place.write("reset", [content])
        assert sum("partNumber=2" in each for each in proxy.requests) == 2
        assert b"".join(place.blocks("reset")) == content
    s3.delete_object(Bucket="files", Key="site/a/reset")


def test_upload_whose_connection_is_reset_each_time_leaves_neither_object_nor_parts(s3, s3_address, tmp_path):  # noqa: F811
    with cutting_proxy(s3_address) as proxy:
        proxy.cuts, proxy.after, proxy.only = 99, 0, b"partNumber=2"
        with pytest.raises(StoreAway, match=r"Nothing was stored half-way\. Try again later"):
            S3Store(options(proxy.url), tmp_path).write("reset", [b"x" * (PART + 2**20)])
    assert "reset" not in keys_in(s3)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="files")
