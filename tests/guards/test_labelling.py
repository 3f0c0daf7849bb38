"""Rules by which a row of a benchmark is unsafe."""

import pytest

from corpus.errors import Invalid
from guards.benchmarks.labelling import rule_of
from tests.cases import cases

VALUE = {"column": "toxic", "unsafe": [1, "yes"], "safe": [0, False]}
FLAGS = {"columns": ["S", "H"], "values": [1], "minimum": 1, "absence_is_no": True}
THREE = {"columns": ["a", "b", "c"], "values": ["Safe"], "minimum": 2, "means_unsafe": False}


@cases(
    ("rule", "row", "is_unsafe"),
    [
        ({"all": "unsafe"}, {}, True),
        ({"all": "safe"}, {"label": "unsafe"}, False),
        ({"all": "unknown"}, {}, None),
        (VALUE, {"toxic": 1}, True),
        (VALUE, {"toxic": "1"}, True),
        (VALUE, {"toxic": 1.0}, True),
        (VALUE, {"toxic": " YES "}, True),
        (VALUE, {"toxic": 0}, False),
        (VALUE, {"toxic": False}, False),
        (VALUE, {"toxic": "false"}, False),
        (VALUE, {"toxic": None}, None),
        (VALUE, {"toxic": ""}, None),
        (VALUE, {"toxic": float("nan")}, None),
        (VALUE, {}, None),
        (FLAGS, {"S": 0, "H": 1}, True),
        (FLAGS, {"S": 0}, False),
        (FLAGS, {"H": "1.0"}, False),
        (FLAGS, {}, False),
        (FLAGS | {"absence_is_no": False}, {}, None),
        (THREE, {"a": "Safe", "b": "safe", "c": "Violence"}, False),
        (THREE, {"a": "Safe", "b": "Violence", "c": "Violence"}, True),
        (THREE, {"a": "Safe"}, True),
        (THREE, {}, None),
    ],
)
def test_label_of_a_row(rule, row, is_unsafe):
    assert rule_of(rule).is_unsafe(row) is is_unsafe


@cases("value", ["maybe", 2, -1, "needs_caution", ["yes"], {"a": 1}])
def test_value_that_no_rule_knows_is_refused(value):
    with pytest.raises(Invalid, match="is not one of 0, 1, false, yes"):
        rule_of(VALUE).is_unsafe({"toxic": value})


@cases("table", [{}, {"all": "perhaps"}, {"column": "a"}, {"columns": ["a"], "values": [1]}])
def test_table_that_describes_no_rule_is_an_error(table):
    with pytest.raises((KeyError, TypeError)):
        rule_of(table)
