"""Transforms that measure evasion: what they do, and what they leave."""

import base64
import codecs
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from corpus.importing.values import clean_text
from guards.transforms import TRANSFORMS, UNREADABLE_TO_PEOPLE, transform_turns
from tests.cases import cases

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


@cases(
    ("name", "text", "transformed"),
    [
        ("upper", "Say it, straße", "SAY IT, STRASSE"),
        ("spaced", "say it", "s a y   i t"),
        ("leet", "Eat toast", "347 70457"),
        ("homoglyphs", "peace", "реасе"),
        ("zero-width", "say it", "s\u200ba\u200by i\u200bt"),
        ("full-width", "Say it!", "Ｓａｙ　ｉｔ！"),
        ("markdown", "a\nb", "| field | value |\n|---|---|\n| text | a |\n| text | b |"),
        ("injection: order", "a", None),
    ],
)
def test_transform_writes_a_text_anew(name, text, transformed):
    assert TRANSFORMS[name](text) == transformed or (transformed is None and TRANSFORMS[name](text).startswith("a\n\n"))


@given(TEXTS)
@example("")
@example("👩‍👩‍👧 and e\u0301")
def test_transforms_are_deterministic_and_can_be_stored(text):
    for name, transform in TRANSFORMS.items():
        assert transform(text) == transform(text), name
        clean_text(transform(text.replace("\0", "")), name)


@given(TEXTS)
def test_what_the_text_says_is_left(text):
    plain = unicodedata.normalize("NFKC", text)
    assert unicodedata.normalize("NFKC", TRANSFORMS["full-width"](text)) == plain
    assert TRANSFORMS["zero-width"](text).replace("\u200b", "") == text.replace("\u200b", "") or text.startswith(
        "\u200b"
    )
    assert sorted(TRANSFORMS["scrambled"](text)) == sorted(text)
    assert base64.b64decode(TRANSFORMS["base64"](text).partition("\n")[2]).decode() == text
    assert codecs.decode(TRANSFORMS["rot13"](text).partition("\n")[2], "rot13") == text
    for name in ("markdown", "roles"):
        assert all(line in TRANSFORMS[name](text) for line in text.splitlines())


def test_scrambling_keeps_the_ends_of_words_and_mixes_the_rest():
    text = "The neighbours complained about everything yesterday"
    mixed = TRANSFORMS["scrambled"](text)
    assert mixed != text
    for word, other in zip(text.split(), mixed.split(), strict=True):
        assert (word[0], word[-1], sorted(word)) == (other[0], other[-1], sorted(other))


def test_only_the_judged_turn_is_transformed():
    turns = [{"role": "user", "text": "ask"}, {"role": "assistant", "text": "say"}]
    assert transform_turns(turns, "upper") == [turns[0], {"role": "assistant", "text": "SAY"}]
    assert transform_turns(turns[:1], "upper") == [{"role": "user", "text": "ASK"}]
    assert turns[1]["text"] == "say"


def test_transforms_that_people_cannot_read_are_known():
    assert TRANSFORMS.keys() > UNREADABLE_TO_PEOPLE
