"""Texts and numbers of endpoints that no database could store."""

import pytest

from jury.engine.cleaning import BIGGEST_COUNT, clean_count, clean_text, error_line, read_json
from jury.engine.reply import read_completion
from tests.cases import cases

MESSAGE = {"choices": [{"message": {"content": "x"}}]}


def test_text_is_storable():
    texts = {
        "a\ud83db": "a�b",
        "\udc80": "�",
        "\ud83d\ude00": "\N{GRINNING FACE}",
        "a\0b": "a�b",
        "a\0\ud83d": "a��",
        "": "",
        None: "",
        "plain \N{SNOWMAN}": "plain \N{SNOWMAN}",
    }
    for text, clean in texts.items():
        assert clean_text(text) == clean
    assert clean_text("\udc00\ud800") == "��"  # in the wrong order
    for value in (1, [], {}, True, b"x"):
        with pytest.raises(TypeError):
            clean_text(value)


def test_count_is_storable():
    counts = {
        7: 7, "8": 8, 9.0: 9, None: 0, "": 0, -35: 0, 3e9: BIGGEST_COUNT, 10**30: BIGGEST_COUNT,
        float("inf"): BIGGEST_COUNT, float("-inf"): 0, float("nan"): 0, "many": 0, "9" * 5000: 0, (): 0, (1,): 0,
    }  # fmt: skip
    for count, clean in counts.items():
        assert clean_count(count) == clean


def test_json_is_read_in_any_encoding_and_clean():
    assert read_json(b'{"a\\ud83d": ["b\\u0000", {"c": "\\udc80"}]}') == {"a�": ["b�", {"c": "�"}]}
    assert read_json(b'{"a": "\xff\xfe"}') == {"a": "��"}
    assert read_json(b'{"a": "\xed\xa0\xbd"}') == {"a": "���"}
    assert read_json('{"a": "é\n\x01"}'.encode("utf-8-sig")) == {"a": "é\n\x01"}
    assert read_json('{"a": "é"}'.encode("utf-16")) == {"a": "é"}
    with pytest.raises(ValueError, match="too many parts"):
        read_json(b"[" + b"{}," * 200_000 + b"1]")
    for broken in (b"[" * 2_000_000, b'{"a":' * 2_000_000, b"[" * 950 + b"]" * 950, b"9" * 5000, b"", b"{", b"\xff"):
        with pytest.raises(ValueError, match=r"\w"):
            read_json(broken)


@cases(
    ("usage", "tokens", "is_known"),
    [
        ({"prompt_tokens": 5, "completion_tokens": 2}, (5, 2), True),
        ({"prompt_tokens": 5}, (5, 0), True),
        ({"prompt_tokens": 5, "completion_tokens": None}, (5, 0), True),
        ({"prompt_tokens": 1151, "completion_tokens": -35}, (1151, 0), False),
        ({"prompt_tokens": 10**30, "completion_tokens": 1}, (BIGGEST_COUNT, 1), False),
        ({"prompt_tokens": float("inf")}, (BIGGEST_COUNT, 0), False),
        ({"prompt_tokens": float("nan"), "completion_tokens": 1}, (0, 1), False),
        ({"prompt_tokens": [1], "completion_tokens": {}}, (0, 0), False),
        ([1], (0, 0), False),
        ("many", (0, 0), False),
        (None, (0, 0), False),
    ],
)
def test_impossible_count_of_tokens_is_bounded_and_charged_as_unknown(usage, tokens, is_known):
    reply = read_completion(MESSAGE | {"usage": usage}, 0.0)
    assert ((reply.prompt_tokens, reply.answer_tokens), reply.has_usage) == (tokens, is_known)


def test_error_is_its_kind_and_first_line():
    assert (
        error_line(ValueError("out of range\nDETAIL:  Failing row contains (a dialogue)")) == "ValueError: out of range"
    )
    assert error_line(KeyError()) == "KeyError: "
    assert error_line(OSError("a\ud83d\0" + "b" * 900)) == "OSError: a��" + "b" * 297
