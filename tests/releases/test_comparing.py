"""Two releases compared from tables made by hand."""

import hashlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from releases.comparing import COMPARED, MOST_LISTED, REASONS, Change, compare
from releases.downloads import Damaged
from releases.models import Release
from tests.cases import cases

ROW = {
    "split": "train", "prompt_label": "safe", "response_label": "safe", "categories": [], "status": "decided",
    "decided_by": "majority", "prompt_safe": 3, "prompt_unsafe": 0, "response_safe": 3, "response_unsafe": 0,
}  # fmt: skip
SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("item", "split", "prompt_label", "response_label", "status", "decided_by")]
    + [("categories", pa.list_(pa.string()))]
    + [(name, pa.int32()) for name in REASONS[2:]]
)


@pytest.fixture
def made(tmp_path):
    """Make a release that is not stored, from (item, what differs from ROW)."""

    def make(version, *rows, **manifest):
        folder = tmp_path / version
        folder.mkdir()
        table = pa.Table.from_pylist([ROW | {"item": item} | more for item, more in rows], schema=SCHEMA)
        pq.write_table(table, folder / "decisions.parquet")
        digest = hashlib.sha256((folder / "decisions.parquet").read_bytes()).hexdigest()
        files = {"decisions.parquet": {"sha256": digest, "bytes": 1}}
        return Release(version=version, folder=str(folder), manifest={"files": files, **manifest})

    return make


def counts(comparison):
    return comparison.added, comparison.removed, comparison.changed, comparison.same


def test_items_in_another_split_are_counted_beside_their_labels(made):
    before = made("1", ("a", {}), ("b", {}), ("c", {}), ("d", OUT), split_by="prompt")
    after = made(
        "2", ("a", {"split": "test"}), ("b", {"split": "test"} | UNSAFE), ("c", {}), ("e", {}), split_by="cluster"
    )
    comparison = compare(before, after)
    assert (comparison.moved, counts(comparison)) == (2, (1, 0, 1, 2))
    assert comparison.shown_settings == [("Splits by", "prompt", "cluster")]


def kinds_of(comparison):
    return [(str(kind), count) for kind, count in comparison.by_kind]


UNSAFE = {"prompt_label": "unsafe", "prompt_safe": 1, "prompt_unsafe": 2}
OUT = {"split": None}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([], [], (0, 0, 0, 0)),
        ([("a", {})], [("a", {})], (0, 0, 0, 1)),
        ([], [("a", {})], (1, 0, 0, 0)),
        ([("a", {})], [], (0, 1, 0, 0)),
        ([("a", {})], [("b", {})], (1, 1, 0, 0)),
        ([("a", {})], [("a", UNSAFE)], (0, 0, 1, 0)),
        ([("a", {})], [("a", {"split": "test"})], (0, 0, 0, 1)),
        ([("a", {})], [("a", {"prompt_safe": 5})], (0, 0, 0, 1)),
        ([("a", {})], [("a", {"decided_by": "adjudicator"})], (0, 0, 0, 1)),
        ([("a", OUT)], [("a", {})], (1, 0, 0, 0)),
        ([("a", {})], [("a", OUT)], (0, 1, 0, 0)),
        ([("a", OUT)], [("a", OUT)], (0, 0, 0, 0)),
        ([("a", OUT)], [("a", OUT | UNSAFE)], (0, 0, 0, 0)),
        ([("a", {"categories": ["x", "y"]})], [("a", {"categories": ["y", "x"]})], (0, 0, 1, 0)),
        ([("a", {})], [("A", {})], (1, 1, 0, 0)),
        ([("é", {}), ("b", {})], [("b", {}), ("é", {})], (0, 0, 0, 2)),
    ],
)
def test_items_are_added_removed_changed_or_the_same(made, before, after, expected):
    assert counts(compare(made("1", *before), made("2", *after))) == expected


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        (UNSAFE, [("prompt_label: safe → unsafe", 1)]),
        ({"response_label": None}, [("response_label: safe → none", 1)]),
        ({"categories": ["x"]}, [("categories", 1)]),
        (
            {"prompt_label": "unsafe", "response_label": "unsafe", "categories": ["x"]},
            [("categories", 1), ("prompt_label: safe → unsafe", 1), ("response_label: safe → unsafe", 1)],
        ),
    ],
)
def test_kinds_of_change_are_counted(made, change, kinds):
    comparison = compare(made("1", ("a", {})), made("2", ("a", change)))
    assert kinds_of(comparison) == kinds


def test_most_frequent_kind_is_first(made):
    before = made("1", *[(name, {}) for name in "abc"])
    after = made("2", ("a", {"categories": ["x"]}), ("b", UNSAFE), ("c", UNSAFE))
    assert kinds_of(compare(before, after)) == [("prompt_label: safe → unsafe", 2), ("categories", 1)]


@cases(
    ("before", "after", "why"),
    [
        ({}, UNSAFE, "other opinions were counted"),
        ({}, {"prompt_label": "unsafe"}, "other opinions were counted"),  # as many, so others, under the same rules
        ({}, UNSAFE | {"decided_by": "adjudicator"}, "decided by majority, then by adjudicator"),
        ({"decided_by": "adjudicator"}, {"decided_by": "construction"}, "decided by adjudicator, then by construction"),
        ({"response_safe": None}, {"response_safe": 0}, "other opinions were counted"),
    ],
)
def test_change_says_why(before, after, why):
    assert Change("a", ROW | before, ROW | after).reason() == why


def certified(threshold, **settings):
    policy = {"name": "certified", "quorum": 3, "error": 0.05, "risk": 0.1}
    return {"policy": policy | settings, "certificate": {"fields": {"prompt_label": {"threshold": threshold}}}}


@pytest.mark.parametrize(
    ("before", "after", "rules", "settings"),
    [
        (certified("2/3"), certified("2/3"), "", []),
        (
            certified("2/3"), certified(None), "with other thresholds of the certificate",
            [("Certified thresholds", "prompt label 2/3", "prompt label none")],
        ),
        (
            certified("2/3"), certified("1", error=0.02),
            "with other settings of the policy and other thresholds of the certificate",
            [
                ("Policy", "name certified, quorum 3, error 0.05, risk 0.1",
                 "name certified, quorum 3, error 0.02, risk 0.1"),
                ("Certified thresholds", "prompt label 2/3", "prompt label 1"),
            ],
        ),
        (certified("1"), certified("1", quorum=2), "with other settings of the policy", None),
        ({"taxonomy": "a 1"}, {"taxonomy": "a 2"}, "with another taxonomy", None),
        (certified("1"), {"policy": {"name": "human"}}, "under another policy", None),
    ],
)  # fmt: skip
def test_change_by_other_rules_names_them(made, before, after, rules, settings):
    comparison = compare(made("1", ("a", {}), **before), made("2", ("a", {"prompt_label": "unsafe"}), **after))
    assert comparison.rules == rules
    reason = f"as many opinions each way, {rules}" if rules else "other opinions were counted"
    assert [(change.item, why) for change, why in comparison.explained] == [("a", reason)]
    assert settings is None or comparison.shown_settings == settings


@cases("name", COMPARED)
def test_change_lists_only_the_fields_that_differ(name):
    change = Change("a", ROW, ROW | {name: "other", "prompt_safe": 9})
    assert change.fields == [(name, ROW[name], "other")]


@pytest.mark.parametrize(("changes", "listed"), [(MOST_LISTED - 1, MOST_LISTED - 1), (MOST_LISTED + 5, MOST_LISTED)])
def test_list_is_cut_and_the_count_is_not(made, changes, listed):
    names = [f"i{at:03}" for at in range(changes)]
    comparison = compare(made("1", *[(name, {}) for name in names]), made("2", *[(name, UNSAFE) for name in names]))
    assert (comparison.changed, len(comparison.listed)) == (changes, listed)
    assert [change.item for change in comparison.listed] == names[:listed]
    assert kinds_of(comparison) == [("prompt_label: safe → unsafe", changes)]


@pytest.mark.parametrize(
    ("before", "after", "settings"),
    [
        ({}, {}, []),
        ({"seed": 1}, {"seed": 1}, []),
        ({"seed": 0}, {"seed": 7}, [("seed", 0, 7)]),
        ({"licenses": None}, {"licenses": ["MIT"]}, [("licenses", None, ["MIT"])]),
        ({}, {"truncated": True}, [("truncated", None, True)]),
        ({"rows": 1, "title": "One"}, {"rows": 2, "title": "Two"}, []),
        ({"policy": "a", "seed": 1}, {"policy": "b", "seed": 2}, [("policy", "a", "b"), ("seed", 1, 2)]),
    ],
)  # fmt: skip
def test_settings_that_differ_are_named(made, before, after, settings):
    assert compare(made("1", **before), made("2", **after)).settings == settings


def test_release_is_the_same_as_itself(made):
    release = made("1", ("a", {}), ("b", UNSAFE))
    assert counts(compare(release, release)) == (0, 0, 0, 2)


@pytest.mark.parametrize("which", ["before", "after"])
def test_damaged_release_is_not_compared(made, tmp_path, which):
    releases = {"before": made("before", ("a", {})), "after": made("after", ("a", {}))}
    (tmp_path / which / "decisions.parquet").unlink()
    with pytest.raises(Damaged, match=rf"decisions\.parquet of release {which} cannot be read"):
        compare(releases["before"], releases["after"])
