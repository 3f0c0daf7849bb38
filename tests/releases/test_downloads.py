"""Files of releases, whole and in part, by the tables of RFC 9110; and files that are not what was made."""

import hashlib
import os

import pytest
from django.http import Http404

from corpus.file_responses import byte_range, file_response
from corpus.stores.base import BLOCK
from corpus.stores.folder import FolderStore, read_range
from releases.downloads import Damaged, file_of
from releases.models import Release
from tests.cases import cases

CONTENT = b"0123456789"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
ETAG = f'"{DIGEST}"'


@cases(
    ("header", "part"),
    [
        ("bytes=0-0", range(1)),
        ("bytes=0-4", range(5)),
        ("bytes=3-7", range(3, 8)),
        ("bytes=9-9", range(9, 10)),
        ("bytes=0-9", range(10)),
        ("bytes=0-10", range(10)),
        ("bytes=0-999999999999", range(10)),
        ("bytes=9-10", range(9, 10)),
        ("bytes=0-", range(10)),
        ("bytes=5-", range(5, 10)),
        ("bytes=9-", range(9, 10)),
        ("bytes=-1", range(9, 10)),
        ("bytes=-10", range(10)),
        ("bytes=-11", range(10)),
        ("bytes=-99999", range(10)),
        ("bytes=007-008", range(7, 9)),
        (" bytes=1-2 ", range(1, 3)),
    ],
)
def test_range_names_first_and_last_byte(header, part):
    assert byte_range(header, 10) == part


@cases("header", ["bytes=10-", "bytes=10-10", "bytes=11-20", "bytes=-0", "bytes=5-4", "bytes=9-0"])
def test_range_beyond_the_end_or_backwards_is_empty(header):
    part = byte_range(header, 10)
    assert part is not None
    assert len(part) == 0


@cases("header", ["bytes=0-", "bytes=0-0", "bytes=-1", "bytes=-0", "bytes=5-"])
def test_file_without_bytes_has_no_range(header):
    assert len(byte_range(header, 0)) == 0


@cases(
    "header",
    [
        "",
        " ",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=--1",
        "bytes=1",
        "bytes=a-b",
        "bytes=0-1,4-5",
        "bytes=0-1,",
        "bytes=0 - 1",
        "bytes 0-1",
        "lines=0-1",
        "bytes=+1-2",
        "bytes=1.0-2",
        "bytes=0x1-2",
        "bytes=0-1\n2",
        "bytes=\u0661-\u0662",
        "bytes=" + "9" * 5000 + "-",
        "bytes=-" + "9" * 5000,
        "bytes=0-" + "9" * 5000,
    ],
)
def test_other_headers_name_no_range(header):
    assert byte_range(header, 10) is None


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "train.json"
    path.write_bytes(CONTENT)
    return path


def ask(path, method="GET", **headers):
    """Return the response to these headers and its body."""
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    place = FolderStore(path.parent)
    response = file_response(method, named, place, place.find(path.name), DIGEST)
    body = b"".join(response.streaming_content) if response.streaming else response.content
    response.close()
    return response, body


def test_whole_file_says_what_it_is(path):
    response, body = ask(path)
    assert (response.status_code, body, response["ETag"]) == (200, CONTENT, ETAG)
    assert (response["Content-Type"], response["Content-Length"]) == ("application/json", "10")
    assert response["Content-Disposition"] == 'attachment; filename="train.json"'
    assert (response["Accept-Ranges"], response["Cache-Control"]) == ("bytes", "private, max-age=31536000, immutable")
    assert "Content-Range" not in response


@pytest.mark.parametrize(
    ("asked", "status", "body", "place"),
    [
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=8-50", 206, b"89", "bytes 8-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=0-", 206, CONTENT, "bytes 0-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=-0", 416, b"", "bytes */10"),
        ("bytes=4-3", 416, b"", "bytes */10"),
        ("bytes=0-1,3-4", 200, CONTENT, None),
        ("pages=1-2", 200, CONTENT, None),
    ],
)
def test_part_is_sent_with_its_place(path, asked, status, body, place):
    response, got = ask(path, range=asked)
    assert (response.status_code, got, response.get("Content-Range")) == (status, body, place)
    assert (response["ETag"], response["Accept-Ranges"]) == (ETAG, "bytes")
    if status != 416:
        assert response["Content-Length"] == str(len(body))


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        (ETAG, 206),
        ("", 206),
        (f"W/{ETAG}", 200),
        ('"another"', 200),
        (DIGEST, 200),
        ("*", 200),
        ("Thu, 26 Nov 2026 02:00:00 GMT", 200),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 200),
    ],
)
def test_part_is_sent_only_of_the_file_named_by_if_range(path, condition, status):
    response, body = ask(path, range="bytes=2-4", if_range=condition)
    assert (response.status_code, body) == (status, b"234" if status == 206 else CONTENT)


def test_head_knows_no_ranges(path):
    for asked in ("bytes=2-4", "bytes=99-"):
        response, _ = ask(path, method="HEAD", range=asked)
        assert (response.status_code, response["Content-Length"]) == (200, "10")
        assert "Content-Range" not in response


def test_range_beyond_the_end_of_another_file_gets_the_whole(path):
    assert ask(path, range="bytes=99-", if_range='"another"')[0].status_code == 200


@pytest.mark.parametrize(
    ("known", "status"),
    [
        (ETAG, 304),
        ("*", 304),
        (" * ", 304),
        (f"W/{ETAG}", 304),
        (f'"a", {ETAG}', 304),
        (f'W/"a", W/{ETAG}, "b"', 304),
        ('"a"', 200),
        ('"a", "b"', 200),
        (DIGEST, 200),
        (f'"{DIGEST.upper()}"', 200),
        ('""', 200),
        ("", 200),
    ],
)
def test_known_file_is_not_sent_again(path, known, status):
    response, body = ask(path, if_none_match=known)
    assert (response.status_code, body) == (status, b"" if status == 304 else CONTENT)
    assert response["ETag"] == ETAG


def test_known_file_comes_before_its_range(path):
    assert ask(path, if_none_match=ETAG, range="bytes=0-1")[0].status_code == 304
    assert ask(path, if_none_match='"a"', range="bytes=0-1")[0].status_code == 206


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("train.json", "application/json"),
        ("README.md", "text/markdown"),
        ("votes.parquet", "application/octet-stream"),
        ("noname", "application/octet-stream"),
    ],
)
def test_type_follows_the_name(tmp_path, name, kind):
    (tmp_path / name).write_bytes(CONTENT)
    for headers in ({}, {"range": "bytes=0-1"}):
        assert ask(tmp_path / name, **headers)[0]["Content-Type"] == kind


@pytest.mark.parametrize(
    "part", [range(1), range(BLOCK - 1, BLOCK + 1), range(BLOCK), range(3, 2 * BLOCK + 5), range(0)]
)
def test_range_over_several_blocks_is_whole(tmp_path, part):
    path, content = tmp_path / "big", os.urandom(2 * BLOCK + 7)
    path.write_bytes(content)
    file = path.open("rb")
    blocks = list(read_range(file, part))
    assert b"".join(blocks) == content[part.start : part.stop]
    assert all(0 < len(block) <= BLOCK for block in blocks)
    assert file.closed


def test_file_is_closed_if_the_reader_goes_away(path):
    file = path.open("rb")
    stream = read_range(file, range(5))
    next(stream)
    stream.close()
    assert file.closed


def test_file_that_shrinks_while_it_is_read_ends_early(path):
    file = path.open("rb")
    assert b"".join(read_range(file, range(5, 50))) == b"56789"


@pytest.fixture
def release(path):
    """A release of one file and its manifest, not stored."""
    (path.parent / "manifest.json").write_bytes(b"{}")
    return Release(
        version="1.0",
        folder=str(path.parent),
        manifest={"files": {"train.json": {"sha256": DIGEST, "bytes": 10}}},
        manifest_sha256=hashlib.sha256(b"{}").hexdigest(),
    )


def test_file_and_manifest_are_found_by_name(release, path):
    assert file_of(release, "train.json") == (path, DIGEST)
    assert file_of(release, "manifest.json")[0] == path.parent / "manifest.json"


@pytest.mark.parametrize(
    "name",
    ["", "..", "test.json", "TRAIN.JSON", "./train.json", "../train.json", "/etc/hosts", "train.json ", "é"],
)
def test_only_names_in_the_manifest_are_files(release, name):
    with pytest.raises(Http404, match="no file"):
        file_of(release, name)


def test_file_beside_the_release_is_not_served(release, path):
    (path.parent / "mine.txt").write_text("mine")
    with pytest.raises(Http404):
        file_of(release, "mine.txt")


def overwrite(path):
    path.write_bytes(b"9876543210")


def append(path):
    path.write_bytes(CONTENT + b"\n")


def cut(path):
    path.write_bytes(CONTENT[:-1])


def empty(path):
    path.write_bytes(b"")


@pytest.mark.parametrize("spoil", [overwrite, append, cut, empty])
def test_changed_file_is_refused_by_name_even_after_it_was_served(release, path, spoil):
    assert file_of(release, "train.json")[1] == DIGEST
    spoil(path)
    os.utime(path, ns=(1, 1))  # not the time it had when it was served
    with pytest.raises(Damaged, match=r"train\.json of release 1\.0 has changed since it was made"):
        file_of(release, "train.json")


def test_restored_file_is_served_again(release, path):
    overwrite(path)
    with pytest.raises(Damaged):
        file_of(release, "train.json")
    path.write_bytes(CONTENT)
    os.utime(path, ns=(2, 2))
    assert file_of(release, "train.json") == (path, DIGEST)


def test_missing_file_is_refused_with_the_reason(release, path):
    path.unlink()
    with pytest.raises(Damaged, match=r"train\.json of release 1\.0 cannot be read: No such file"):
        file_of(release, "train.json")


def test_folder_in_place_of_a_file_is_refused(release, path):
    path.unlink()
    path.mkdir()
    with pytest.raises(Damaged, match="cannot be read: Is a directory"):
        file_of(release, "train.json")


def test_missing_folder_is_refused(release):
    release.folder = "/nowhere/at/all"
    with pytest.raises(Damaged, match="cannot be read"):
        file_of(release, "train.json")


def test_changed_manifest_is_refused(release, path):
    (path.parent / "manifest.json").write_bytes(b"{ }")
    with pytest.raises(Damaged, match=r"manifest\.json of release"):
        file_of(release, "manifest.json")
