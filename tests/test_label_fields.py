"""A further label field is data: what depends on the fields is made from their list, or names all of them."""

import dataclasses
import inspect
from types import ModuleType, SimpleNamespace
from typing import Any, is_typeddict

import pytest

import adjudication.shapes
import annotation.shapes
import releases.shapes
import workspace.shapes
from adjudication.actions.blind_answers import check_inherited
from adjudication.counting import FieldParts
from adjudication.policies import BOTH, POLICIES, FieldRule, Policy
from adjudication.queries.history import Entry
from adjudication.queries.opinions import ShownOpinion
from corpus.errors import Invalid
from corpus.labels import FIELDS, Field, Judgement, LabelColumns, label_columns_of
from quality.reports.anchoring import Changes, anchoring_of
from releases.dataset_card import column_meanings
from releases.row_keys import KEYS, published_keys

SHAPES = (adjudication.shapes, annotation.shapes, releases.shapes, workspace.shapes)
NAMES = tuple(field.value for field in FIELDS)


def made_up_field(value: str) -> Field:
    """Return a label field that is not among `FIELDS`."""
    field = str.__new__(Field, value)
    field._name_, field._value_ = value.upper(), value
    return field


THIRD = made_up_field("refusal_label")
THREE = (*FIELDS, THIRD)


def typed_dicts(module: ModuleType) -> list[Any]:
    """Return the shapes that a module defines."""
    return [each for _, each in inspect.getmembers(module, is_typeddict) if each.__module__ == module.__name__]


def test_types_name_all_fields_in_order() -> None:
    keys = {shape.__name__: tuple(shape.__annotations__) for module in SHAPES for shape in typed_dicts(module)}
    keys |= {each.__name__: tuple(field.name for field in dataclasses.fields(each)) for each in (Entry, ShownOpinion)}
    keys |= {"Judgement": tuple(field.name for field in dataclasses.fields(Judgement))}
    keys |= {"LabelColumns": tuple(LabelColumns.__annotations__)}
    labelled = {name: [key for key in of_one if key.endswith("_label")] for name, of_one in keys.items()}
    assert len([name for name, labels in labelled.items() if labels]) > 8
    assert {name: labels for name, labels in labelled.items() if labels not in ([], list(NAMES))} == {}
    assert keys["RowShape"] == KEYS


def test_label_columns_are_those_of_every_field() -> None:
    stored = SimpleNamespace(
        prompt_label="safe", response_label=None, blind_prompt_label="unsafe", blind_response_label="safe"
    )
    assert label_columns_of(stored) == {"prompt_label": "safe", "response_label": None}
    blind = label_columns_of(stored, prefix="blind_")
    assert blind == {"prompt_label": "unsafe", "response_label": "safe"}
    assert Judgement(**blind).label_columns == blind
    assert tuple(blind) == NAMES


def test_third_field_adds_its_columns_to_the_dataset() -> None:
    keys = published_keys(THREE)
    assert [key for key in keys if key not in KEYS] == ["refusal_label", "refusal_label_source"]
    assert [key for key in keys if key in KEYS] == list(KEYS)
    assert tuple(column_meanings(THREE)) == keys
    assert len(set(keys)) == len(keys)
    assert column_meanings(THREE)["refusal_label"] == "`safe` or `unsafe`"


def test_third_field_is_counted_in_anchoring() -> None:
    same = dict.fromkeys(NAMES, "safe") | {f"blind_{name}": "safe" for name in NAMES}
    others = {"categories": [], "blind_categories": []}
    case: Any = SimpleNamespace(**same, **others, refusal_label="unsafe", blind_refusal_label="safe")
    two, three = anchoring_of("", [case]), anchoring_of("", [case], THREE)
    assert (two.any_label, three.any_label) == (Changes(1, 0), Changes(1, 1))
    assert three.labels == {**two.labels, THIRD: Changes(1, 1)}


def test_third_field_is_counted_by_its_own_name() -> None:
    policy = Policy("three", dict.fromkeys(THREE, FieldRule(BOTH)))
    first, third = (FieldParts(field, policy, is_wanted=True) for field in (Field.PROMPT, THIRD))
    for name in ("tally_columns", "count_columns", "label_columns", "decided_columns"):
        assert getattr(first, name)().replace("prompt", "refusal") == getattr(third, name)()


def test_field_that_inherits_a_safe_label_is_not_unsafe() -> None:
    follows = POLICIES["aegis2"]
    with pytest.raises(Invalid, match="a safe dialogue has no unsafe response") as refused:
        check_inherited(follows, Judgement("safe", "unsafe"))
    assert refused.value.field == "response_label"
    for labels in (("safe", "safe"), ("unsafe", "unsafe"), ("unsafe", "safe"), (None, "unsafe"), ("safe", None)):
        check_inherited(follows, Judgement(*labels))
    check_inherited(POLICIES["majority"], Judgement("safe", "unsafe"))
