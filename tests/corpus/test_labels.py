"""The vocabulary of every judgement, and the rules that each must obey (domain.md 2)."""

import pytest

from corpus.errors import Invalid
from corpus.labels import FIELDS, Field, Judgement, check_judgement, fields_of_item, labels_in, normalize, parse_label
from corpus.labels import preview as shown_in_message
from tests.cases import cases

BOTH = ("prompt_label", "response_label")


@cases("label", ["safe", "needs_caution", "unsafe"])
def test_label_is_read_as_it_is_written(label):
    assert parse_label(label, "prompt_label") == label


@cases("value", [None, ""])
def test_empty_cell_is_no_label(value):
    assert parse_label(value, "prompt_label") is None


@cases("value", ["Safe", "SAFE", " safe", "safe ", "caution", 0, True, [], ["safe"], {"safe"}])
def test_anything_else_is_refused_and_never_guessed(value):
    with pytest.raises(Invalid, match="is not one of safe, needs_caution, unsafe"):
        parse_label(value, "prompt_label")


@cases(
    ("wanted", "has_response", "fields"),
    [
        (BOTH, True, BOTH),
        (BOTH, False, ("prompt_label",)),
        (("response_label",), True, ("response_label",)),
        (("response_label",), False, ()),
        (("response_label", "prompt_label"), True, BOTH),
        ((), True, ()),
    ],
)
def test_item_has_the_wanted_fields_it_can_have_in_order(wanted, has_response, fields):
    assert fields_of_item(wanted, has_response=has_response) == fields


def test_columns_of_a_field_follow_from_its_name():
    assert [field.column("status") for field in FIELDS] == ["prompt_status", "response_status"]
    assert [field.display_name for field in FIELDS] == ["Prompt", "Response"]


def test_labels_of_a_row_are_those_that_are_there():
    assert labels_in({"prompt_label": "safe", "response_label": None}) == {Field.PROMPT: "safe"}
    assert labels_in({}) == {}


def check(prompt=None, response=None, *categories, other="", wanted=BOTH, has_response=True, asked=True):
    judgement = Judgement(prompt, response, categories, other)
    check_judgement(judgement, wanted=wanted, has_response=has_response, asked_categories=asked)


@cases(
    ("labels", "categories", "options"),
    [
        (("safe", "safe"), (), {}),
        (("safe", None), (), {"has_response": False}),
        (("unsafe", "safe"), ("violence",), {}),
        (("safe", "unsafe"), ("violence", "hate"), {}),
        (("needs_caution", None), (), {}),
        (("needs_caution", None), ("violence",), {}),
        (("unsafe", None), (), {"asked": False}),
        (("unsafe", None), ("other",), {"other": "a new kind"}),
        ((None, "safe"), (), {"wanted": ("response_label",)}),
    ],
)
def test_judgement_that_obeys_the_rules_is_taken(labels, categories, options):
    check(*labels, *categories, **options)


@cases(
    ("labels", "categories", "options", "field"),
    [
        ((None, None), (), {}, "prompt_label"),
        ((None, None), (), {"wanted": ("response_label",)}, "response_label"),
        (("safe", "safe"), (), {"wanted": ("prompt_label",)}, "response_label"),
        (("safe", "safe"), (), {"wanted": ("response_label",)}, "prompt_label"),
        (("safe", "safe"), (), {"has_response": False}, "response_label"),
        (("safe", "safe"), ("violence",), {}, "categories"),
        (("unsafe", "safe"), (), {}, "categories"),
        (("unsafe", None), ("other",), {}, "other_text"),
        (("unsafe", None), ("other",), {"other": "  "}, "other_text"),
        (("unsafe", None), ("violence", "other"), {}, "other_text"),
    ],
)
def test_broken_rule_names_its_field(labels, categories, options, field):
    with pytest.raises(Invalid) as refusal:
        check(*labels, *categories, **options)
    assert refusal.value.field == field


@cases(
    ("name", "letters"),
    [
        ("Hate / Identity Hate", "hateidentityhate"),
        ("PII/Privacy", "piiprivacy"),
        ("straße", "strasse"),
        ("S-10", "s10"),
    ],
)
def test_spellings_of_one_name_are_equal(name, letters):
    assert normalize(name) == letters


@cases("name", ["", " ", "—", "?!"])
def test_name_without_letters_is_nothing(name):
    assert normalize(name) == ""


def test_value_in_a_message_is_short_and_on_one_line():
    assert shown_in_message("a\nb") == "'a\\nb'"
    assert len(shown_in_message("x" * 1000)) == 60
    assert shown_in_message("x" * 1000).endswith("…")
