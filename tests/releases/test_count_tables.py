"""Counts of a manifest as small tables."""

from releases.count_tables import count_tables
from tests.releases.made_up_facts import manifest


def rows_of(table):
    return [(row.name, row.count, round(row.percent, 1)) for row in table.rows]


def test_every_kind_has_a_table_and_shares_add_up():
    tables = {table.title: table for table in count_tables(manifest()["counts"])}
    assert list(tables) == [
        "Splits", "Prompt labels", "Response labels", "Categories", "Sources", "Licences",
        "Status of the project's dialogues",
    ]  # fmt: skip
    assert rows_of(tables["Splits"]) == [("train", 8, 80.0), ("test", 2, 20.0)]
    assert rows_of(tables["Response labels"]) == [("safe", 9, 100.0)]
    assert [title for title, table in tables.items() if not table.is_sum] == ["Categories"]


def test_largest_is_first_and_empty_and_unknown_kinds_are_no_loss():
    counts = {"source": {"b": 1, "a": 1, "": 5}, "category": {}, "made_up": {"x": 0}}
    [sources, other] = count_tables(counts)
    assert [row.name for row in sources.rows] == ["", "a", "b"]
    assert (other.title, rows_of(other)) == ("Made up", [("x", 0, 0.0)])
