"""Values from the environment: addresses of servers, the data directory and its secrets."""

import json
import os
import ssl
import stat
import subprocess
import sys

import pytest

from config.data_dir import CHECKOUT, DataDir, DataDirError
from config.env import is_server, server_url, with_password
from config.prepare import database_problem, first_line
from corpus.errors import Refused
from tests.cases import cases


@cases(("url", "is_one"), [
    ("postgresql://db/assize", True),
    ("postgres://user@db:5432/assize", True),
    ("POSTGRESQL://db/assize", True),
    ("postgresql://db/assize?sslmode=require", True),
    ("postgresql:///assize", True),
    ("postgresql://[::1]:5432/assize", True),
    ("postgresql://db:/assize", True),
    ("postgresql://db", False),
    ("postgresql://db/", False),
    ("postgresql://db//", False),
    ("postgresql://db:x/assize", False),
    ("postgresql://db:65536/assize", False),
    ("postgresql://[::1/assize", False),
    ("postgresql+psycopg://db/assize", False),
    ("mysql://db/assize", False),
    ("redis://db/0", False),
    ("db/assize", False),
    ("", False),
])  # fmt: skip
def test_database_needs_its_scheme_and_a_name(url, is_one):
    assert is_server("DATABASE_URL", url) is is_one


@cases(("url", "expected"), [
    ("rediss://valkey/0", {"ssl_cert_reqs": ssl.CERT_REQUIRED}),
    ("rediss://valkey/0?ssl_ca_certs=/etc/assize/ca", {"ssl_ca_certs": "/etc/assize/ca"}),
])  # fmt: skip
def test_workers_trust_no_broker_without_a_certificate(url, expected):
    """As the cache does; with an authority of one's own, redis-py requires a certificate by itself."""
    program = "from config.celery import app; import json; print(json.dumps(app.connection_for_read().ssl))"
    variables = os.environ | {"REDIS_URL": url, "REDIS_WITHOUT_PASSWORD": "1"}
    words = [sys.executable, "-c", program]
    said = subprocess.run(words, env=variables, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    assert json.loads(said) == expected


@cases(("url", "is_one"), [
    ("redis://valkey", True),
    ("redis://valkey/", True),
    ("redis://valkey/0", True),
    ("redis://valkey:6379/15", True),
    ("rediss://valkey:6380/1", True),
    ("redis://[::1]:6379/0", True),
    ("unix:///run/valkey.sock", True),
    ("unix:///run/valkey.sock?db=1", True),
    ("redis://", False),
    ("redis:///0", False),
    ("redis://valkey/x", False),
    ("redis://valkey/-1", False),
    ("redis://valkey/1/2", False),
    ("redis://valkey/1.5", False),
    ("redis://valkey:x/0", False),
    ("redis://valkey:65536", False),
    ("http://valkey/0", False),
    ("postgresql://valkey/0", False),
    ("valkey:6379", False),
    ("", False),
])  # fmt: skip
def test_broker_needs_its_scheme_a_host_and_a_number(url, is_one):
    assert is_server("REDIS_URL", url) is is_one


@cases(("url", "word", "whole"), [
    ("redis://valkey/0", "", "redis://valkey/0"),
    ("redis://valkey/0", "word", "redis://:word@valkey/0"),
    ("redis://user@valkey/0", "word", "redis://user:word@valkey/0"),
    ("redis://user:@valkey/0", "word", "redis://user:@valkey/0"),
    ("redis://:own@valkey/0", "word", "redis://:own@valkey/0"),
    ("redis://[::1]:6379/0", "word", "redis://:word@[::1]:6379/0"),
    ("postgresql://user@db/a?sslmode=require", "word", "postgresql://user:word@db/a?sslmode=require"),
    ("postgresql://us%40er@db/a", "word", "postgresql://us%40er:word@db/a"),
    ("redis://valkey/0", "a:b@c/d?e#f%g", "redis://:a%3Ab%40c%2Fd%3Fe%23f%25g@valkey/0"),
    ("redis://valkey/0", "é ", "redis://:%C3%A9%20@valkey/0"),
])  # fmt: skip
def test_word_is_put_in_quoted_and_only_where_there_is_none(url, word, whole):
    assert with_password(url, word) == whole


@pytest.mark.parametrize(("name", "url"), [
    ("DATABASE_URL", "postgresql://user:hidden@db:x/a"),
    ("DATABASE_URL", "hidden"),
    ("DATABASE_URL", " "),
    ("REDIS_URL", "redis://:hidden@valkey/x"),
    ("REDIS_URL", "postgresql://user:hidden@db/a"),
])  # fmt: skip
def test_refusal_shows_the_form_and_not_the_value(monkeypatch, name, url):
    monkeypatch.setenv(name, url)
    with pytest.raises(Refused, match=f"^{name} is not an address of the form (postgresql|redis)://") as refusal:
        server_url(name)
    assert "hidden" not in str(refusal.value)


def test_unset_or_empty_home_is_in_the_checkout(monkeypatch):
    monkeypatch.delenv("ASSIZE_HOME", raising=False)
    unset = DataDir.from_environment()
    monkeypatch.setenv("ASSIZE_HOME", "")
    assert unset == DataDir.from_environment()
    assert unset.path == (CHECKOUT / ".assize").resolve()


def test_home_is_absolute_without_dots_and_links(monkeypatch, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.chdir(tmp_path)
    for named in ("real", "link", "./link/../real", str(tmp_path / "link")):
        monkeypatch.setenv("ASSIZE_HOME", named)
        assert DataDir.from_environment().path == (tmp_path / "real").resolve()


def test_directory_is_made_with_its_parents_for_its_owner_alone(tmp_path):
    data_dir = DataDir(tmp_path / "a" / "b c")
    data_dir.make()
    data_dir.make()
    assert stat.S_IMODE(data_dir.path.stat().st_mode) & 0o077 == 0


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_file_in_the_place_of_the_directory_is_named(tmp_path, name):
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataDirError, match=r"^Cannot use .*file.* as the data directory: "):
        DataDir(tmp_path / name).make()
    assert (tmp_path / "file").read_text() == "x"


def test_secret_is_made_once_long_and_for_its_owner_alone(tmp_path):
    data_dir = DataDir(tmp_path / "home")
    first = data_dir.secret("one")
    file = data_dir.path / "secrets" / "one"
    assert (first, len(first) >= 50) == (data_dir.secret("one"), True)
    assert first != data_dir.secret("two")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert sorted(each.name for each in file.parent.iterdir()) == ["one", "two"]


@pytest.mark.parametrize(("content", "is_kept"), [("kept", True), (" kept \n", True), ("", False), (" \n", False)])
def test_empty_secret_is_made_again(tmp_path, content, is_kept):
    data_dir = DataDir(tmp_path)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "one").write_text(content)
    assert (data_dir.secret("one") == "kept") is is_kept
    assert data_dir.secret("one")


def test_secret_that_cannot_be_written_is_named_and_leaves_nothing(tmp_path):
    (tmp_path / "secrets" / f"one.{os.getpid()}").mkdir(parents=True)
    with pytest.raises(DataDirError, match=r"^Cannot write .*secrets/one: Is a directory"):
        DataDir(tmp_path).secret("one")
    assert not (tmp_path / "secrets" / "one").exists()


def test_lock_makes_the_directory_and_is_free_again_after_an_error(tmp_path):
    data_dir = DataDir(tmp_path / "home")
    with pytest.raises(KeyError), data_dir.locked():
        raise KeyError
    with data_dir.locked():
        assert (data_dir.path / "lock").exists()


@cases(("error", "line"), [
    (ValueError("one\ntwo"), "one"),
    (ValueError("\n\n one \n"), "one"),
    (ValueError(""), "ValueError"),
    (ValueError(" \n "), "ValueError"),
    (ValueError(), "ValueError"),
    (OSError(2, "away"), "[Errno 2] away"),
])  # fmt: skip
def test_error_is_one_line(error, line):
    assert first_line(error) == line
    assert database_problem(error) == f"The database cannot be used: {line} (DATABASE_URL)"
