"""Files of releases come whole or not at all, over connections that break and from servers that err."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest
from assize_client import Client, DownloadFailed, FileChanged
from assize_client.downloads import download, save_stream

from tests.client.servers import error, scripted

CONTENT = bytes(range(256)) * 8
DIGEST = hashlib.sha256(CONTENT).hexdigest()
ETAG = f'"{DIGEST}"'


def whole(content=CONTENT, etag=ETAG):
    return 200, {"ETag": etag}, content


def rest(start, etag=ETAG):
    content_range = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
    return 206, {"ETag": etag, "Content-Range": content_range}, CONTENT[start:]


def broken(upto):
    """Return an answer that ends before its length."""
    return 200, {"ETag": ETAG, "Content-Length": str(len(CONTENT)), "Connection": "close"}, CONTENT[:upto]


@contextmanager
def opener(*answers):
    """Yield a function that opens a route of a scripted site, and the site."""
    with scripted(*answers) as site, Client(site.url, "made-up", sleep=lambda _seconds: None) as client:
        yield lambda headers: client.api.stream("GET", "file", headers=headers), site


def asked(site):
    return [request[2].get("Range") for request in site.got]


def half_of(target):
    return target.with_name(f".{target.name}.{DIGEST[:16]}.part")


def test_broken_download_goes_on_where_it_ended(tmp_path):
    target = tmp_path / "train.json"
    with opener(broken(700), error(503), rest(700)) as (open_stream, site):
        assert download(open_stream, target, DIGEST)
        assert target.read_bytes() == CONTENT
        assert asked(site)[0] is None
        assert set(asked(site)[1:]) == {"bytes=700-"}
        assert site.got[-1][2]["If-Range"] == ETAG
        assert not download(open_stream, target, DIGEST)  # it is there
    assert [path.name for path in tmp_path.iterdir()] == ["train.json"]


def test_half_file_of_another_process_is_continued_or_thrown_away(tmp_path):
    target = tmp_path / "train.json"
    for left, answers in (
        (CONTENT[:100], [rest(100)]),
        (CONTENT[:100], [rest(64)]),  # servers may begin earlier than asked
        (CONTENT[:100], [whole()]),  # or send all of it
        (b"x" * 100, [rest(100), whole()]),
        (CONTENT + b"more", [(416, {}, b""), whole()]),
        (CONTENT, [(416, {}, b"")]),
    ):
        target.unlink(missing_ok=True)
        half_of(target).write_bytes(left)
        with opener(*answers) as (open_stream, site):
            assert download(open_stream, target, DIGEST), len(site.got)
        assert target.read_bytes() == CONTENT, answers
        assert not half_of(target).exists()


def test_two_downloads_of_a_file_at_a_time_wait_for_each_other(tmp_path):
    """The second cut off what the first had, or lost its half file to it."""
    target, begun, goes_on = tmp_path / "train.json", Event(), Event()

    @contextmanager
    def slow(headers):
        begun.set()
        assert goes_on.wait(20)
        with opener(whole()) as (open_stream, _site), open_stream(headers) as response:
            yield response

    def never(_headers):
        raise AssertionError("the file was there by then")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(download, slow, target, DIGEST)
        assert begun.wait(20)
        second = pool.submit(download, never, target, DIGEST)
        with pytest.raises(TimeoutError):
            second.result(0.2)
        goes_on.set()
        assert (first.result(20), second.result(20)) == (True, False)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("train.json", CONTENT)]


def test_no_half_or_wrong_file_gets_the_name(tmp_path):
    target = tmp_path / "train.json"
    target.write_bytes(b"an older one")
    for answers, reason in (
        ([whole(CONTENT[:-1])], "SHA-256 is not that of the release"),
        ([broken(0)], "broke off"),
        ([(206, {"ETag": ETAG, "Content-Range": "bytes 900-999/2048"}, b"x" * 100)], "another part"),
        ([(206, {"ETag": ETAG}, CONTENT)], "another part"),
    ):
        with opener(*answers) as (open_stream, site), pytest.raises(DownloadFailed, match=reason):
            download(open_stream, target, DIGEST)
        assert len(site.got) == 5
        assert target.read_bytes() == b"an older one"


def test_file_that_changed_on_the_site_is_said_to_have(tmp_path):
    target = tmp_path / "train.json"
    half_of(target).write_bytes(CONTENT[:100])
    with opener(whole(b"other", '"other"')) as (open_stream, _site), pytest.raises(FileChanged):
        download(open_stream, target, DIGEST)
    assert half_of(target).read_bytes() == CONTENT[:100]
    assert not target.exists()


def test_export_is_saved_whole_or_not_at_all(tmp_path):
    target = tmp_path / "mine.jsonl"
    target.write_bytes(b"the last one")
    with opener(broken(10)) as (open_stream, site), pytest.raises(DownloadFailed, match=r"mine\.jsonl could not"):
        save_stream(open_stream, target)
    assert (len(site.got), target.read_bytes()) == (5, b"the last one")
    with opener(broken(10), whole()) as (open_stream, _site):
        save_stream(open_stream, target)
    assert target.read_bytes() == CONTENT
    assert len(list(tmp_path.iterdir())) == 1
    for save in (lambda: save_stream(None, tmp_path), lambda: download(None, tmp_path, DIGEST)):
        with pytest.raises(DownloadFailed, match="is a folder; name a file"):
            save()
