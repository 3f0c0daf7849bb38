"""Secrets from files that NAME_FILE names."""

import pytest

from config.env import server_url, with_password
from corpus.errors import Refused
from corpus.secret_files import read_secret
from tests.cases import cases


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "secret"
    path.write_text("from a file/@:\n")
    return path


def test_variable_precedes_its_file(monkeypatch, file):
    assert read_secret("ASSIZE_TEST_KEY") == ""
    monkeypatch.setenv("ASSIZE_TEST_KEY_FILE", str(file))
    assert read_secret("ASSIZE_TEST_KEY") == "from a file/@:"
    monkeypatch.setenv("ASSIZE_TEST_KEY", "given")
    assert read_secret("ASSIZE_TEST_KEY") == "given"


def test_unreadable_secret_file_is_named(monkeypatch, tmp_path):
    path = tmp_path / "secret"
    monkeypatch.setenv("ASSIZE_TEST_KEY_FILE", str(path))
    for content, reason in ((None, "No such file"), (b" \n", "is empty"), (b"\xff\xfe", "not text")):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(Refused, match=f"ASSIZE_TEST_KEY_FILE .*{reason}"):
            read_secret("ASSIZE_TEST_KEY")


@cases(
    ("url", "whole"),
    [
        ("postgresql://assize@db:5432/assize", "postgresql://assize:a%2F%40@db:5432/assize"),
        ("redis://valkey:6379/0", "redis://:a%2F%40@valkey:6379/0"),
        ("redis://:own@valkey/0", "redis://:own@valkey/0"),
    ],
)
def test_password_is_put_into_a_url_without_one(url, whole):
    assert with_password(url, "a/@") == whole


def test_server_reads_its_password_from_a_file(monkeypatch, file):
    monkeypatch.setenv("DATABASE_URL", "postgresql://assize@db/assize")
    monkeypatch.setenv("DATABASE_PASSWORD_FILE", str(file))
    assert server_url("DATABASE_URL") == "postgresql://assize:from%20a%20file%2F%40%3A@db/assize"
