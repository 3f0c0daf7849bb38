"""Weak settings at their boundaries, and the exit of a process that must not start."""

import random
import string
from types import SimpleNamespace

import pytest

from config.data_dir import DataDirError
from config.production import (
    GUESSABLE,
    LEAST_KEY,
    LEAST_PASSWORD,
    exit_on_error,
    password_problem,
    weak_broker,
    weak_database,
    weak_key,
    weak_pages,
)
from corpus.errors import Refused
from tests.cases import cases

MIXED = "".join(random.Random(1).choices(string.ascii_letters, k=80))


@cases(("word", "user", "weakness"), [
    ("", "", "is missing"),
    ("", "assize", "is missing"),
    *((word, "", "is guessable") for word in GUESSABLE),
    *((f"{word.upper()}-2026!", "", "is guessable") for word in GUESSABLE if not word.isdigit()),
    ("postgres123456789", "", "is guessable"),
    ("Labels2026", "labels", "is guessable"),
    ("labels", "LABELS", "is guessable"),
    ("labels....", "labels", "is guessable"),
    ("labelsx", "labels", "is shorter than 12 characters"),
    (MIXED[: LEAST_PASSWORD - 1], "", "is shorter than 12 characters"),
    (MIXED[:LEAST_PASSWORD], "", ""),
    ("abcdabcdabcd", "", "is guessable"),
    ("abcdeabcdeab", "", ""),
    ("            ", "", "is guessable"),
    ("1234567890ab", "", ""),
    ("mypassword-2026", "", ""),
    ("pässwörterbuch", "", ""),
])  # fmt: skip
def test_weakness_of_a_word_is_named(word, user, weakness):
    assert password_problem(word, user) == weakness


@cases(("key", "is_weak"), [
    ("", True),
    (MIXED[: LEAST_KEY - 1], True),
    (MIXED[:LEAST_KEY], False),
    ("abcd" * 20, True),
    ("abcde" * 10, False),
    ("django-insecure-" + MIXED, True),
    ("Django-insecure-" + MIXED, False),
    (" " * 60, True),
])  # fmt: skip
def test_key_needs_length_and_five_characters(key, is_weak):
    assert bool(list(weak_key(key))) is is_weak
    assert not key or not any(key in line for line in weak_key(key))


@cases(("url", "is_weak"), [
    ("https://a.example", False),
    ("HTTPS://a.example/", False),
    ("https://a.example:8443", False),
    ("http://a.example", True),
    ("https:a.example", True),
    ("https:///path", True),
    ("a.example", True),
    ("//a.example", True),
    ("", True),
])  # fmt: skip
def test_public_url_is_https_with_a_host(url, is_weak):
    settings = SimpleNamespace(DEBUG=False, ALLOWED_HOSTS=["a.example"], PUBLIC_URL=url)
    assert bool(list(weak_pages(settings))) is is_weak


@cases(("hosts", "is_weak"), [
    (["a.example"], False),
    ([".a.example"], False),
    (["a.example", "b.example"], False),
    ([], True),
    ([""], True),
    (["*"], True),
    ([" * "], True),
    (["a.example", " "], True),
])  # fmt: skip
def test_hosts_are_named_each(hosts, is_weak):
    settings = SimpleNamespace(DEBUG=False, ALLOWED_HOSTS=hosts, PUBLIC_URL="https://a.example")
    assert bool(list(weak_pages(settings))) is is_weak


@cases("database", [{}, {"PASSWORD": None}, {"PASSWORD": "", "USER": None}, {"USER": "assize"}])
def test_database_without_a_word_is_weak(database):
    [line] = weak_database(SimpleNamespace(DATABASES={"default": database}))
    assert "is missing" in line


@cases(("url", "weakness"), [
    ("redis://localhost/0", ""),
    ("redis://LOCALHOST:6379/0", ""),
    ("redis://127.0.0.1/0", ""),
    ("redis://127.8.9.1/0", ""),
    ("redis://[::1]/0", ""),
    ("unix:///run/valkey.sock", ""),
    (f"redis://:{MIXED[:12]}@valkey/0", ""),
    (f"rediss://user:{MIXED[:12]}@valkey/0", ""),
    ("redis://:%61%62%63%64%65%66%67%68%69%6a%6b%6c@valkey/0", ""),
    ("redis://valkey/0", "is missing"),
    ("redis://user@valkey/0", "is missing"),
    ("redis://:@valkey/0", "is missing"),
    ("redis://[::2]/0", "is missing"),
    ("redis://128.0.0.1/0", "is missing"),
    ("redis://localhost.example/0", "is missing"),
    ("redis://:%76alkey@valkey/0", "is guessable"),
    ("redis://labels:labels99@valkey/0", "is guessable"),
    ("redis://:%61%62%63@valkey/0", "is shorter"),
])  # fmt: skip
def test_broker_elsewhere_needs_a_word(url, weakness):
    lines = list(weak_broker(SimpleNamespace(REDIS_URL=url, REDIS_WITHOUT_PASSWORD=False)))
    assert [weakness in line for line in lines] == ([True] if weakness else [])
    assert list(weak_broker(SimpleNamespace(REDIS_URL=url, REDIS_WITHOUT_PASSWORD=True))) == []


@cases("error", [Refused("No such file."), DataDirError("No such folder.")])
@cases("code", [2, 3, 4])
def test_unusable_secret_ends_the_process_with_its_code(error, code):
    with pytest.raises(SystemExit) as ended, exit_on_error(code=code):
        raise error
    assert ended.value.code == code


def test_other_errors_are_not_hidden():
    with pytest.raises(ZeroDivisionError), exit_on_error():
        raise ZeroDivisionError
