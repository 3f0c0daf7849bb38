"""From a row to a dialogue or an opinion: every form, and every way in which one can be wrong."""

import json

import pytest

from corpus.errors import Invalid
from corpus.importing.dialogues import parse_dialogue
from corpus.importing.limits import Limits
from corpus.importing.opinions import parse_opinion
from tests.cases import cases

SPELLINGS = {"violence": "violence", "Violence": "violence", "hate": "hate", "Hate": "hate"}
LIMITS = Limits(id=20, field=100, turns=4, dialogue_bytes=200, depth=4)
USER, ASSISTANT = {"role": "user", "text": "Hi?"}, {"role": "assistant", "text": "Yes."}


def read(row, **options):
    return parse_dialogue(row, spellings=SPELLINGS, limits=LIMITS, **options)


def refused(call, row, **options):
    """Return the field and the reason of the refusal."""
    with pytest.raises(Invalid) as refusal:
        call(row, **options)
    return refusal.value.field, refusal.value.reason


@cases(
    ("row", "turns"),
    [
        ({"prompt": "Hi?"}, [USER]),
        ({"prompt": "Hi?", "response": None}, [USER]),
        ({"prompt": "Hi?", "response": float("nan")}, [USER]),
        ({"prompt": "Hi?", "response": "Yes."}, [USER, ASSISTANT]),
        ({"prompt": "Hi?", "response": ""}, [USER, {"role": "assistant", "text": ""}]),
        ({"turns": [USER]}, [USER]),
        ({"turns": [USER, ASSISTANT, USER]}, [USER, ASSISTANT, USER]),
        ({"messages": [{"role": "user", "content": "Hi?"}]}, [USER]),
        ({"turns": [{"role": "system", "text": "Be kind."}, USER]}, [{"role": "system", "text": "Be kind."}, USER]),
        ({"turns": None, "prompt": "Hi?"}, [USER]),
    ],
)
def test_every_form_is_a_list_of_turns(row, turns):
    assert read({"id": "a", **row}).turns == turns


def test_key_without_a_value_is_as_an_absent_one():
    plain = read({"id": "a", "prompt": "Hi?", "meta": {"k": 1}})
    for empty in (None, float("nan")):
        names = ("turns", "messages", "response", "source", "license", "expected_categories", "prompt_label", "k", "n")
        assert read({"id": "a", "prompt": "Hi?", "meta": {"k": 1, "n": empty}} | dict.fromkeys(names, empty)) == plain
        redacted = {"id": "a", "reconstruction_id_if_redacted": 7, "turns": empty, "prompt": empty}
        assert read(redacted).turns == [{"role": "user", "text": "REDACTED"}]


def test_empty_response_of_a_csv_means_there_is_none():
    assert read({"id": "a", "prompt": "Hi?", "response": ""}, empty_is_none=True).turns == [USER]


@cases(
    ("row", "field", "reason"),
    [
        ([], "row", "[] is not an object"),
        (None, "row", "None is not an object"),
        ({"prompt": "x"}, "id", "it is missing"),
        ({"id": "x" * 21, "prompt": "x"}, "id", "21 characters, 20 are allowed"),
        ({"id": "a"}, "turns", "the row has neither turns, messages, conversations nor a prompt"),
        ({"id": "a", "prompt": "x", "turns": [USER]}, "prompt", "the row has turns too; one of them says what the "),
        ({"id": "a", "messages": [], "turns": [USER]}, "messages", "the row has turns too"),
        ({"id": "a", "prompt": 7}, "prompt", "7 is not text"),
        ({"id": "a", "prompt": ""}, "prompt", "the turn is empty"),
        ({"id": "a", "prompt": " \n"}, "prompt", "the turn is empty"),
        ({"id": "a", "prompt": "x", "response": 7}, "response", "7 is not text"),
        ({"id": "a", "turns": "x"}, "turns", "'x' is not a list"),
        ({"id": "a", "turns": []}, "turns", "0 turns, 1 to 4 are allowed"),
        ({"id": "a", "turns": [USER] * 5}, "turns", "5 turns, 1 to 4 are allowed"),
        ({"id": "a", "turns": ["x"]}, "turns[0]", "'x' is not an object"),
        ({"id": "a", "turns": [{"role": "user"}]}, "turns[0].text", "None is not text"),
        ({"id": "a", "turns": [{"text": "x"}]}, "turns[0].role", "None is not one of system, user, assistant"),
        ({"id": "a", "turns": [USER | {"role": "human"}]}, "turns[0].role", "'human' is not one of"),
        ({"id": "a", "turns": [USER | {"role": ["user"]}]}, "turns[0].role", "['user'] is not one of"),
        ({"id": "a", "turns": [USER | {"name": "x"}]}, "turns[0]", "it has 'name', only role and text are known"),
        ({"id": "a", "turns": [USER, {"role": "system", "text": "x"}]}, "turns[1].role", "can only come first"),
        ({"id": "a", "turns": [ASSISTANT]}, "turns", "no turn is the user's"),
        ({"id": "a", "turns": [USER, {"role": "assistant", "text": ""}, USER]}, "turns[1]", "the turn is empty"),
        ({"id": "a", "prompt": "é" * 101}, "prompt", "202 bytes, 200 are allowed"),
        ({"id": "a", "messages": [{"role": "user", "content": None}]}, "messages[0].content", "None is not text"),
        ({"id": "a", "prompt": "x", "meta": []}, "meta", "[] is not an object"),
        ({"id": "a", "prompt": "x", "meta": {"k": 1}, "k": 2}, "k", "it is in the row and in meta too"),
        ({"id": "a", "prompt": "x", "k": [[[[[1]]]]]}, "k", "nested deeper than 4"),
        ({"id": "a", "prompt": "x", "y" * 21: 1}, "meta", "21 characters, 20 are allowed"),
        ({"id": "a", "prompt": "x", "source": 3}, "source", "3 is not text"),
        ({"id": "a", "prompt": "x", "expected_categories": "unknown"}, "expected_categories", "is not a category"),
        ({"id": "a", "prompt": "x", "response_label": "safe"}, "response_label", "the item has no response to label"),
        (
            {"id": "a", "prompt": "x", "prompt_label": "Safe"},
            "prompt_label",
            "'Safe' is not one of safe, needs_caution",
        ),
        (
            {"id": "a", "prompt": "x", "reconstruction_id_if_redacted": "x"},
            "reconstruction_id_if_redacted",
            "'x' is not",
        ),
        ({"id": "a", "prompt": "x", "reconstruction_id_if_redacted": 1.5}, "reconstruction_id_if_redacted", "1.5 is"),
        ({"id": "a", "prompt": "x", "reconstruction_id_if_redacted": -1}, "reconstruction_id_if_redacted", "-1 is not"),
        ({"id": "a", "prompt": "x", "reconstruction_id_if_redacted": True}, "reconstruction_id_if_redacted", "True is"),
    ],
)
def test_wrong_row_names_its_field_and_the_reason(row, field, reason):
    found, why = refused(read, row)
    assert found == field
    assert reason in why


def test_every_key_with_a_value_that_no_form_reads_is_kept():
    found = read({"id": "a", "prompt": "x", "meta": {"one": 1}, "two": [2], "three": [None], "four": None})
    assert json.loads(found.meta) == {"one": 1, "two": [2], "three": [None]}


@cases(("value", "number"), [(7, 7), (7.0, 7), ("7", 7), (None, None), (float("nan"), None), ("", None)])
def test_reconstruction_id_is_a_whole_number_however_it_is_written(value, number):
    assert read({"id": "a", "prompt": "x", "reconstruction_id_if_redacted": value}).reconstruction_id == number


def test_redacted_row_needs_no_prompt():
    found = read({"id": "a", "reconstruction_id_if_redacted": 5})
    assert (found.turns, found.reconstruction_id) == ([{"role": "user", "text": "REDACTED"}], 5)


PUBLISHED = {
    "id": "a", "prompt": "Hi?", "response": "No.", "prompt_label": "unsafe", "response_label": "safe",
    "violated_categories": "Violence, Hate", "prompt_label_source": "human",
    "response_label_source": "refusal_data_augmentation",
}  # fmt: skip


def test_published_refusal_becomes_an_item_of_its_own():
    found = read(PUBLISHED)
    assert (found.external_id, found.refusal_of) == ("a#refusal", "a")
    assert found.reference == {
        "prompt_label": "unsafe",
        "response_label": "safe",
        "categories": ("violence", "hate"),
        "prompt_label_source": "human",
        "response_label_source": "refusal_data_augmentation",
    }


def test_refusal_without_both_labels_is_refused():
    assert refused(read, PUBLISHED | {"prompt_label": None})[0] == "response_label_source"


def test_row_whose_labels_are_all_empty_has_no_reference():
    assert read({"id": "a", "prompt": "x", "prompt_label": "", "response_label": None}).reference is None


def test_same_content_in_two_forms_has_the_same_hash():
    pair, listed = read({"id": "a", "prompt": "Hi?", "response": "Yes."}), read({"id": "b", "turns": [USER, ASSISTANT]})
    assert pair.serialize().content_hash == listed.serialize().content_hash


@cases(
    "change",
    [
        {"prompt": "Hi!"},
        {"response": "No."},
        {"source": "elsewhere"},
        {"license": "MIT"},
        {"extra": 1},
        {"expected_categories": ["hate"]},
        {"prompt_label": "safe"},
        {"reconstruction_id_if_redacted": 4},
    ],
)
def test_any_change_of_content_changes_the_hash(change):
    row = {"id": "a", "prompt": "Hi?", "response": "Yes."}
    assert read(row).serialize().content_hash != read(row | change).serialize().content_hash


def test_order_of_foreign_keys_does_not_change_the_hash():
    one, two = read({"id": "a", "prompt": "x", "k": 1, "l": 2}), read({"id": "a", "prompt": "x", "l": 2, "k": 1})
    assert one.serialize().content_hash == two.serialize().content_hash


VOTE = {"item_id": "a", "rater": "ada", "rater_kind": "human", "prompt_label": "safe"}


def opinion(row):
    return parse_opinion(row, spellings=SPELLINGS, limits=LIMITS)


@cases(
    ("row", "field", "reason"),
    [
        ("x", "row", "'x' is not an object"),
        (VOTE | {"item_id": None}, "item_id", "it is missing"),
        (VOTE | {"rater": ""}, "rater", "it is missing"),
        (VOTE | {"rater": "x" * 21}, "rater", "21 characters, 20 are allowed"),
        (VOTE | {"rater_kind": "person"}, "rater_kind", "'person' is neither human nor llm"),
        (VOTE | {"rater_kind": None}, "rater_kind", "None is neither human nor llm"),
        (VOTE | {"prompt_label": "harmful"}, "prompt_label", "'harmful' is not one of safe, needs_caution, unsafe"),
        (VOTE | {"prompt_label": 1}, "prompt_label", "1 is not one of safe, needs_caution, unsafe"),
        (VOTE | {"categories": "unknown"}, "categories", "'unknown' is not a category of the taxonomy"),
        (VOTE | {"seconds": "long"}, "seconds", "'long' is not a number"),
        (VOTE | {"cast_at": "noon"}, "cast_at", "'noon' is not a date and time in ISO 8601"),
        (VOTE | {"rationale": "x" * 101}, "rationale", "101 characters, 100 are allowed"),
        (VOTE | {"other_text": 5}, "other_text", "5 is not text"),
    ],
)
def test_wrong_opinion_names_its_field_and_the_reason(row, field, reason):
    assert refused(opinion, row) == (field, reason)


def test_opinion_is_read_with_everything_it_says():
    found = opinion(
        VOTE | {"prompt_label": "unsafe", "categories": "Hate;Violence", "rationale": "why", "seconds": "4", "rater": 7}
    )
    assert (found.item_id, found.rater, found.kind, found.seconds, found.cast_at) == ("a", "7", "human", 4.0, None)
    assert found.judgement.categories == ("hate", "violence")
    assert (found.judgement.prompt_label, found.judgement.response_label) == ("unsafe", None)


def test_opinion_on_a_refusal_may_have_the_longer_id():
    assert opinion(VOTE | {"item_id": "x" * 20 + "#refusal"}).item_id.endswith("#refusal")
