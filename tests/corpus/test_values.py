"""Every kind of single value that a file may hold, and what becomes of it."""

import json
import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from corpus.errors import Invalid
from corpus.importing import values
from corpus.importing.limits import Limits
from tests.cases import cases

SPELLINGS = {"violence": "violence", "Violence": "violence", "hatespeech": "hate", "S10": "hate", "other": "other"}
LIMITS = Limits(id=10, field=20, depth=4)


def reason_of(call, *arguments, **options):
    """Return the field and the reason of the refusal."""
    with pytest.raises(Invalid) as refusal:
        call(*arguments, **options)
    return refusal.value.field, refusal.value.reason


@cases("text", ["", "plain", "two\nlines", "tab\there", "é", "漢字", "👩‍👩‍👧", "\u200b", "\ufeff", " "])
def test_text_is_kept_as_it_is(text):
    assert values.clean_text(text, "prompt") == text


@cases(
    ("value", "reason"),
    [
        (None, "None is not text"),
        (1, "1 is not text"),
        (True, "True is not text"),
        (1.5, "1.5 is not text"),
        (b"bytes", "b'bytes' is not text"),
        (["a"], "['a'] is not text"),
        ("a\0b", "it holds a NUL character"),
        ("\0", "it holds a NUL character"),
        ("ab\ud800", "it is not valid UTF-8 at character 2"),
        ("\udfff", "it is not valid UTF-8 at character 0"),
    ],
)
def test_what_a_database_cannot_hold_is_refused(value, reason):
    assert reason_of(values.clean_text, value, "prompt") == ("prompt", reason)


@cases(("length", "limit"), [(0, 0), (5, 5), (10_000, 10_000)])
def test_text_of_just_the_limit_is_taken(length, limit):
    assert len(values.clean_text("x" * length, "prompt", limit=limit)) == length


@cases(("length", "limit"), [(1, 0), (6, 5), (10_001, 10_000)])
def test_text_over_the_limit_is_refused_with_both_numbers(length, limit):
    _, reason = reason_of(values.clean_text, "x" * length, "prompt", limit=limit)
    assert reason == f"{length:,} characters, {limit:,} are allowed"


def test_limit_counts_characters_and_not_bytes():
    assert values.clean_text("漢" * 5, "prompt", limit=5) == "漢" * 5


@cases(
    ("value", "name"),
    [("a", "a"), ("a b", "a b"), (0, "0"), (-7, "-7"), (2**70, str(2**70)), ("é" * 22, "é" * 22), (" a ", " a ")],
)
def test_name_is_text_or_a_whole_number(value, name):
    assert values.clean_name(value, "id", limit=22) == name


@cases(
    ("value", "reason"),
    [
        (None, "it is missing"),
        ("", "it is missing"),
        ("a\nb", "it holds a control character"),
        ("a\tb", "it holds a control character"),
        ("a\x7f", "it holds a control character"),
        ("\x85", "it holds a control character"),
        ("\0", "it holds a NUL character"),
        (True, "True is not text"),
        (1.0, "1.0 is not text"),
        (float("nan"), "nan is not text"),
        ({}, "{} is not text"),
        ("x" * 23, "23 characters, 22 are allowed"),
    ],
)
def test_name_that_cannot_be_one_is_refused(value, reason):
    assert reason_of(values.clean_name, value, "id", limit=22) == ("id", reason)


@cases(("value", "text"), [(None, ""), ("", ""), ("words", "words")])
def test_optional_text_may_be_missing(value, text):
    assert values.optional_text(value, "rationale", limit=10) == text


@cases("value", [0, False, [], 1.0])
def test_optional_text_is_still_text(value):
    assert "is not text" in reason_of(values.optional_text, value, "rationale", limit=10)[1]


@cases(
    ("value", "expected"),
    [(None, True), (float("nan"), True), (math.nan, True), ("", False), (0, False), (0.0, False), ("nan", False)],
)
def test_empty_cell_is_none_or_nan(value, expected):
    assert values.is_absent(value) is expected


@cases(
    ("value", "slugs"),
    [
        (None, ()),
        (float("nan"), ()),
        ("", ()),
        (" ; ;", ()),
        ([], ()),
        ("violence", ("violence",)),
        ("S10", ("hate",)),
        ("Hate Speech", ("hate",)),
        ("HATE-SPEECH", ("hate",)),
        (["S10", "violence"], ("hate", "violence")),
        ("violence;S10", ("violence", "hate")),
        (["violence", "Violence"], ("violence",)),
        ("S10;Hate speech;S10", ("hate",)),
    ],
)
def test_categories_are_read_in_any_spelling_once_each_in_order(value, slugs):
    assert values.parse_categories(value, "categories", SPELLINGS) == slugs


@cases(
    ("value", "reason"),
    [
        ("unheard of", "'unheard of' is not a category of the taxonomy"),
        (["violence", "unheard of"], "'unheard of' is not a category of the taxonomy"),
        ([None], "None is not text"),
        ([1], "1 is not text"),
        (7, "7 is neither a list nor text"),
        ({"violence": True}, "{'violence': True} is neither a list nor text"),
        ("x" * 100, "'" + "x" * 58 + "… is not a category of the taxonomy"),
    ],
)
def test_unknown_category_is_refused_by_name(value, reason):
    assert reason_of(values.parse_categories, value, "categories", SPELLINGS) == ("categories", reason)


@cases(
    ("value", "seconds"),
    [(None, None), ("", None), (float("nan"), None), (0, 0.0), ("0", 0.0), ("12.5", 12.5), (3, 3.0), (1e9, 1e9)],
)
def test_seconds_are_read_from_numbers_and_text(value, seconds):
    assert values.parse_seconds(value, "seconds") == seconds


@cases("value", [-1, -0.001, float("inf"), "inf", "-1", 1e400])
def test_seconds_that_nobody_can_take_are_refused(value):
    assert "is not a time a person can take" in reason_of(values.parse_seconds, value, "seconds")[1]


def test_text_nan_is_no_time():
    assert "is not a time a person can take" in reason_of(values.parse_seconds, "nan", "seconds")[1]


@cases("value", ["soon", "1,5", [], {}, "1 s"])
def test_seconds_that_are_no_number_are_refused(value):
    assert "is not a number" in reason_of(values.parse_seconds, value, "seconds")[1]


NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@cases(
    ("value", "moment"),
    [
        (None, None),
        ("", None),
        (float("nan"), None),
        ("2026-03-01T12:00:00Z", NOON),
        ("2026-03-01T12:00:00", NOON),
        ("2026-03-01 12:00", NOON),
        ("2026-03-01T21:00:00+09:00", NOON),
        ("2026-03-01T06:30:00-05:30", NOON),
        ("2026-03-01 06:30:00 -0530", NOON),
        ("2026-03-01 21:00:00 +09:00", NOON),
        ("2026-03-01 12:00:00 z", NOON),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T12:00:00.000001Z", NOON + timedelta(microseconds=1)),
        (datetime(2026, 3, 1, 12), NOON),
        (datetime(2026, 3, 1, 21, tzinfo=timezone(timedelta(hours=9))), NOON),
        ("2024-02-29", datetime(2024, 2, 29, tzinfo=UTC)),
    ],
)
def test_moment_is_read_and_kept_in_utc(value, moment):
    assert values.parse_moment(value, "cast_at") == moment


@cases("value", ["yesterday", "2026-13-01", "2025-02-29", 1_700_000_000, [], "0001-01-01T00:00:00+23:00", "12:00"])
def test_moment_that_is_none_is_refused(value):
    field, reason = reason_of(values.parse_moment, value, "cast_at")
    assert (field, reason.endswith("is not a date and time in ISO 8601")) == ("cast_at", True)


@cases(
    "value",
    [
        None,
        True,
        0,
        -(2**63),
        2**64 - 1,
        1.5,
        "text",
        [],
        {},
        [[[1]]],
        {"a": {"b": [None, "x"]}},
        date(2026, 1, 1),
        datetime(2026, 1, 1, tzinfo=UTC),
    ],
)
def test_foreign_json_is_taken(value):
    values.check_json(value, "extra", LIMITS)


@cases(
    ("value", "reason"),
    [
        (2**64, "a whole number of more than 64 bits"),
        (-(2**63) - 1, "a whole number of more than 64 bits"),
        ([2**80], "a whole number of more than 64 bits"),
        ([[[[1]]]], "nested deeper than 4"),
        ({"a": {"b": {"c": {"d": 1}}}}, "nested deeper than 4"),
        ("x" * 21, "21 characters, 20 are allowed"),
        (["a\0"], "it holds a NUL character"),
        ({"k\0": 1}, "it holds a NUL character"),
        ({"a": "\ud800"}, "it is not valid UTF-8 at character 0"),
        ({1: "x"}, "1 is not text"),
        (b"x", "a bytes has no form in JSON"),
        (Decimal(1), "a Decimal has no form in JSON"),
        ({"a": [{1}]}, "a set has no form in JSON"),
    ],
)
def test_foreign_json_that_cannot_be_stored_is_refused(value, reason):
    assert reason_of(values.check_json, value, "extra", LIMITS) == ("extra", reason)


@cases("value", [{}, {"a": 1}, {"a": "x"}, {"a": [[1]]}])
def test_short_and_shallow_object_is_seen_at_a_glance(value):
    assert json.loads(values.plain_json(value, LIMITS)) == value


@cases("value", [{"a": "x" * 20}, {"a": "\0"}, {"a": [[[[[1]]]]]}, {"a": 2**70}, {"a": b""}, {"a": "\ud800"}])
def test_anything_else_is_looked_at_closely(value):
    assert values.plain_json(value, LIMITS) is None


def test_equal_objects_are_the_same_json():
    one, two = {"b": 1, "a": {"d": 2, "c": 3}}, {"a": {"c": 3, "d": 2}, "b": 1}
    assert values.plain_json(one, Limits()) == values.sorted_json(two) == b'{"a":{"c":3,"d":2},"b":1}'
