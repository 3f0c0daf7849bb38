"""What an import reads in one pass where it can is what it reads part by part, and refuses the same."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import Invalid
from corpus.importing.dialogues import parse_dialogue
from corpus.importing.limits import Limits
from corpus.importing.readers.decoding import JsonDecoder
from tests.cases import cases

LIMITS = Limits(id=20, field=100, turns=3, dialogue_bytes=60, depth=4)
ODD_TEXTS = ("", " ", "Hi?", "é", "\u2003", "a\0b", "\ud800", "x" * 16, None, 7, ["a"], [{"type": "text", "text": "b"}])
NAMES = ("system", "user", "assistant", "tool", "human", "function_call", "developer", "", None, 7, [1], {"a": 1})
KEYS = {"turns": ("role", "text"), "messages": ("role", "content"), "conversations": ("from", "value")}
EXTRA = ({}, {}, {}, {"name": "Ada"}, {"name": None}, {"message": {"content": "Hi?"}}, {"odd": 1})


def one_turn(form):
    """Return a strategy of turns, most of them of two keys, in either order."""
    speaker, key = KEYS[form]
    said = st.tuples(st.sampled_from(NAMES), st.sampled_from(ODD_TEXTS), st.sampled_from(EXTRA))
    turns = said.map(lambda each: {speaker: each[0], key: each[1], **each[2]})
    swapped = said.map(lambda each: {key: each[1], speaker: each[0]})
    plain = st.sampled_from(NAMES[:4]).map(lambda name: {speaker: name, key: "Hi?"})
    return st.one_of(plain, turns, swapped, st.sampled_from([None, "a", [], {}, {speaker: "user"}, {key: "Hi?"}]))


def outcome(row):
    """Return the turns of a row and its hash, or the field and the reason of the refusal."""
    try:
        dialogue = parse_dialogue({"id": "a", **row}, spellings={}, limits=LIMITS)
    except Invalid as error:
        return error.field, error.reason
    return dialogue.turns, dialogue.serialize().content_hash


@given(st.sampled_from(list(KEYS)).flatmap(lambda form: st.tuples(st.just(form), st.lists(one_turn(form), max_size=4))))
@settings(max_examples=300, deadline=None)
def test_list_of_turns_is_read_as_its_text_in_json(case):
    form, turns = case
    # A list in text, as tables have it, is always read turn by turn.
    assert outcome({form: turns}) == outcome({form: json.dumps(turns)})


@cases(
    ("before", "after", "is_read"),
    [
        ("", "", True),
        ("", "\n", True),
        ("", "\r\n", True),
        (" \t", " \t\r\n", True),
        ("", "\r", True),
        ("", "\n\n", True),
        ("", "x", False),
        ("", "{}", False),
        ("", "\x0b", False),
        ("\x0b", "", False),
        ("\ufeff", "", False),
        ("", "\0", False),
    ],
)
def test_blanks_alone_may_be_around_a_value(before, after, is_read):
    for value in ({"a": [1, {"b": None}]}, [1], "text", 1, None, True):
        row = JsonDecoder().line(1, before + json.dumps(value) + after)
        if value != 1 or after != "x":
            assert (row.value, bool(row.problem)) == ((value, False) if is_read else (None, True))


@cases("text", ['{"a": 1, "a": 2}', '{"b": {"a": 1, "a": 2}}', '[{"a": 1, "\\u0061": 2}]', ' {"a": 1, "a": 2} '])
def test_key_given_twice_is_found_and_forgotten_by_the_next_line(text):
    decoder = JsonDecoder()
    assert decoder.line(1, text).problem == "the key 'a' is given twice"
    assert decoder.line(2, text + "}").problem.startswith("not valid JSON: Extra data")
    assert decoder.line(3, '{"a": 1}').problem == ""
