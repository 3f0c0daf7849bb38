"""A table of cases tries every row and names those that fail."""

import inspect

import pytest

from tests.cases import cases


def test_every_row_is_tried_and_failing_ones_are_named():
    tried = []

    @cases(("number", "kind"), [(1, "good"), (2, "wrong"), (3, "kept"), (4, "good")])
    def check(number, kind, folder):
        tried.append((number, folder))
        assert kind != "wrong"
        if kind == "kept":
            with pytest.raises(ValueError, match="x"):
                int("1")

    assert list(inspect.signature(check).parameters) == ["folder"]
    with pytest.raises(BaseExceptionGroup, match="2 of 4 rows fail") as failed:
        check(folder="f")
    assert tried == [(1, "f"), (2, "f"), (3, "f"), (4, "f")]
    notes = [note for each in failed.value.exceptions for note in each.__notes__]
    assert notes == ["row 1: {'number': 2, 'kind': 'wrong'}", "row 2: {'number': 3, 'kind': 'kept'}"]


def test_tables_can_be_combined_and_a_name_alone_takes_plain_values():
    tried = []

    @cases("letter", "ab")
    @cases("pair", [(1, 2), (3, 4)])
    def check(letter, pair):
        tried.append((letter, pair))

    check()
    assert tried == [("a", (1, 2)), ("a", (3, 4)), ("b", (1, 2)), ("b", (3, 4))]
