"""Files are kept alike in a folder and in a bucket: whole or not at all, in parts, and told plainly where it fails."""

import hashlib
import os
import re
import time
from urllib.request import urlopen

import pytest

from corpus.errors import Refused
from corpus.file_responses import checked
from corpus.stores import StoreAway, Stored, StoreProblem, store_of
from corpus.stores.base import NotStored
from corpus.stores.copies import IN_USE_SECONDS, Copies
from corpus.stores.folder import FolderStore
from corpus.stores.options import StorageOptions, check_options, read_storage, split_key
from corpus.stores.s3 import PART, HashedStream, S3Store
from tests.buckets import options, s3, s3_address  # noqa: F401 - fixtures
from tests.cases import cases
from tests.client.servers import cutting_proxy
from tests.ports import unused_port


@pytest.fixture(params=["folder", "bucket"])
def place(request, tmp_path):
    if request.param == "folder":
        return FolderStore(tmp_path)
    address = request.getfixturevalue("s3_address")
    request.getfixturevalue("s3")
    return S3Store(options(address, prefix=f"site/{tmp_path.name}"), tmp_path / "copies")


def read(place, name, part=None):
    return b"".join(place.blocks(name, part))


@cases("content", [b"", b"x", b"line\n" * 10, os.urandom(2**19)])
def test_file_is_read_as_it_was_written(place, content):
    written = place.write("uploads/a.csv", (content[at : at + 1000] for at in range(0, len(content), 1000)))
    assert (written.bytes, written.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert (place.find("uploads/a.csv").bytes, read(place, "uploads/a.csv")) == (len(content), content)
    assert place.local("uploads/a.csv", written.sha256).read_bytes() == content
    assert abs(place.find("uploads/a.csv").changed_at - time.time()) < 60


def test_part_of_a_file_is_read_alone(place):
    place.write("a", [b"0123456789"])
    assert [read(place, "a", part) for part in (range(1), range(3, 7), range(9, 10), range(10))] == [
        b"0", b"3456", b"9", b"0123456789",
    ]  # fmt: skip


def test_files_are_listed_by_folder_and_deleted(place, tmp_path):
    for name in ("uploads/b", "uploads/a", "uploads/deep/c", "uploads2/d"):
        place.write(name, [b"x"])
    assert [each.name for each in place.files("uploads")] == ["uploads/a", "uploads/b", "uploads/deep/c"]
    assert list(place.files("nowhere")) == []
    place.delete("uploads/a")
    place.delete("uploads/a")
    assert (place.find("uploads/a"), place.find("uploads/none")) == (None, None)
    (tmp_path / "new").write_bytes(b"y")
    place.take("uploads/b", tmp_path / "new")
    assert read(place, "uploads/b") == b"y"


def test_writer_that_fails_leaves_nothing(place):
    def broken():
        yield b"x" * 100
        raise Refused("too large")

    with pytest.raises(Refused, match="too large"):
        place.write("uploads/half", broken())
    assert place.find("uploads/half") is None


def test_absent_file_is_not_stored(place):
    with pytest.raises(NotStored):
        read(place, "nothing")


def test_long_stream_goes_out_in_parts_of_which_few_are_in_memory(s3, s3_address, tmp_path):  # noqa: F811
    place, blocks = S3Store(options(s3_address), tmp_path), 2 * PART // 2**20 + 3
    written = place.write("long", (bytes([at]) * 2**20 for at in range(blocks)))
    assert written.bytes == blocks * 2**20
    assert s3.head_object(Bucket="files", Key="site/a/long")["ETag"].strip('"').endswith("-3")
    assert hashlib.sha256(read(place, "long")).hexdigest() == written.sha256
    s3.delete_object(Bucket="files", Key="site/a/long")


def test_long_stream_that_fails_leaves_no_parts(s3, s3_address, tmp_path):  # noqa: F811
    def broken():
        yield from (b"x" * 2**20 for _ in range(PART // 2**20 + 2))
        raise Refused("too large")

    with pytest.raises(Refused, match="too large"):
        S3Store(options(s3_address), tmp_path).write("uploads/half", broken())
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="files")


def test_parts_of_a_killed_writer_are_deleted_once_they_are_old(s3, s3_address, tmp_path):  # noqa: F811
    place = S3Store(options(s3_address), tmp_path)
    for key in ("site/a/uploads/killed", "other/killed"):
        s3.create_multipart_upload(Bucket="files", Key=key)
    place.delete_unfinished(10**10)  # moto says of all that they began in 2010
    assert len(s3.list_multipart_uploads(Bucket="files")["Uploads"]) == 2
    place.delete_unfinished(3600)
    (left,) = s3.list_multipart_uploads(Bucket="files")["Uploads"]
    assert left["Key"] == "other/killed"
    s3.abort_multipart_upload(Bucket="files", Key=left["Key"], UploadId=left["UploadId"])


def test_broken_download_goes_on_where_it_ended(s3, s3_address, tmp_path):  # noqa: F811
    content = os.urandom(3 * 2**20)
    S3Store(options(s3_address), tmp_path).write("cut", [content])
    with cutting_proxy(s3_address) as proxy:
        place = S3Store(options(proxy.url), tmp_path)
        proxy.cuts, proxy.after, proxy.only = 2, 2**20, b"GET /files/site/a/cut"
        assert read(place, "cut") == content
        assert [re.search(r"range: (.*)\r", each, re.I) is not None for each in proxy.requests] == [False, True, True]


def test_copy_with_another_hash_is_refused_and_not_kept(s3, s3_address, tmp_path):  # noqa: F811
    place = S3Store(options(s3_address), tmp_path)
    written = place.write("a.json", [b"[]"])
    s3.put_object(Bucket="files", Key="site/a/a.json", Body=b"[1]")
    with pytest.raises(NotStored, match="has changed since it was stored"):
        place.local("a.json", written.sha256)
    assert list(tmp_path.rglob("*.json")) == []


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"bucket": "nowhere"}, StoreProblem, "There is no bucket nowhere in the store"),
        ({"endpoint": "http://127.0.0.1:{port}"}, StoreAway, "cannot be reached: nothing listens at its address"),
    ],
)
def test_store_that_cannot_be_used_is_told_plainly(s3, s3_address, tmp_path, changed, error, message):  # noqa: F811
    changed = {name: value.format(port=unused_port()) for name, value in changed.items()}
    place = S3Store(options(s3_address, **changed), tmp_path)
    for deed in (
        lambda: place.find("a"),
        lambda: place.write("a", [b"x"]),
        lambda: read(place, "a"),
        lambda: list(place.files("a")),
        lambda: place.local("a"),
        lambda: place.delete("a"),
        lambda: place.delete_unfinished(1),
    ):
        with pytest.raises(error, match=re.escape(message)):
            deed()


def test_link_loads_the_file_under_its_name_until_it_expires(s3, s3_address, tmp_path):  # noqa: F811
    place = S3Store(options(s3_address, by_links=True, link_seconds=77), tmp_path)
    place.write("releases/1.0+b/é.json", [b"[]"])  # names that must be quoted once, not twice
    with urlopen(place.link("releases/1.0+b/é.json", "e.json", "application/json")) as answer:  # noqa: S310 - loopback
        assert (answer.read(), answer.headers["Content-Disposition"]) == (b"[]", 'attachment; filename="e.json"')
    link = place.link("releases/1.0/train.json", "train.json", "application/json")
    assert link.startswith(f"{s3_address}/files/site/a/releases/1.0/train.json?")
    for part in ("X-Amz-Expires=77", "X-Amz-Algorithm=AWS4-HMAC-SHA256", "filename%3D%22train.json%22"):
        assert part in link
    assert "made-up-secret" not in link
    assert S3Store(options(s3_address), tmp_path).link("a", "a", "text/csv") == ""


def test_copies_nobody_uses_make_room(tmp_path):
    copies = Copies(tmp_path, most_bytes=10)
    for name, age in (("old", 2 * IN_USE_SECONDS), ("older", 3 * IN_USE_SECONDS), ("busy", 60), ("ancient", 10**6)):
        path = copies.keep(name, [b"x" * 6], "")
        os.utime(path, (time.time() - age,) * 2)
    copies.delete_unused()
    assert {path.name for path in tmp_path.iterdir()} == {"busy"}
    assert (copies.find("busy"), copies.find("old")) == (tmp_path / "busy", None)


def test_stream_is_read_in_the_sizes_asked_for():
    stream = HashedStream([b"abc", b"", b"defg"])
    assert [stream.read(2), stream.read(4), stream.read(9), stream.read()] == [b"ab", b"cdef", b"g", b""]
    assert (stream.bytes, stream.digest.hexdigest()) == (7, hashlib.sha256(b"abcdefg").hexdigest())
    assert HashedStream([b"ab", b"c"]).read() == b"abc"


class Variables(dict):
    """Reads what django-environ would."""

    def str(self, name, default):
        return self.get(name, default)

    def int(self, name, default):
        return int(self.get(name, default))


@cases(
    ("name", "value", "message"),
    [
        ("STORAGE_BUCKET", "No Bucket", "cannot be a bucket"),
        ("STORAGE_BUCKET", "a/b", "cannot be a bucket"),
        ("STORAGE_PREFIX", "a/../b", "STORAGE_PREFIX"),
        ("STORAGE_PREFIX", "a b", "STORAGE_PREFIX"),
        ("STORAGE_ENDPOINT", "minio:9000", "https://HOST:PORT"),
        ("STORAGE_ENDPOINT", "https://u:p@host", "https://HOST:PORT"),
        ("STORAGE_ENDPOINT", "https://host/bucket", "https://HOST:PORT"),
        ("STORAGE_ENDPOINT", "https://host:port", "https://HOST:PORT"),
        ("STORAGE_DOWNLOADS", "direct", "Write web or links"),
        ("STORAGE_LINK_SECONDS", "604801", "a week"),
        ("STORAGE_LINK_SECONDS", "0", "from 1 to"),
    ],
)
def test_value_that_cannot_work_is_refused_by_its_name(name, value, message):
    with pytest.raises(Refused, match=message):
        read_storage(Variables({name: value}))


@cases("key", ["id", "id:", ":secret", "a:b:c:d"])
def test_key_of_another_form_is_refused_and_not_repeated(key):
    with pytest.raises(Refused, match="ID:SECRET") as refusal:
        split_key(key)
    assert f"{key}." not in str(refusal.value)


def test_settings_are_read_with_the_key_from_a_file(tmp_path, monkeypatch):
    (tmp_path / "key").write_text("made-up:words\n")
    monkeypatch.setenv("STORAGE_KEY_FILE", str(tmp_path / "key"))
    found = read_storage(Variables(STORAGE_BUCKET="b-1", STORAGE_PREFIX="/a/b/", STORAGE_DOWNLOADS="links"))
    assert (found.bucket, found.prefix, found.key, found.by_links) == ("b-1", "a/b", ("made-up", "words", ""), True)
    assert "words" not in repr(found)
    check_options(StorageOptions())
    assert store_of(StorageOptions(), tmp_path).is_folder


def test_download_that_is_not_what_was_stored_lacks_its_last_block():
    blocks, found = [b"one", b"two", b"", b"three"], Stored("a.json", 11, 0.0)
    assert b"".join(checked(iter(blocks), found, hashlib.sha256(b"onetwothree").hexdigest())) == b"onetwothree"
    got = []
    with pytest.raises(NotStored, match="has changed since it was stored"):
        got.extend(checked(iter(blocks), found, "0" * 64))
    assert b"".join(got) == b"onetwo"
