"""The changes that another policy would make, counted by hand on a few items."""

import pytest
from django.utils import timezone

from adjudication.actions.policy_change import compare, proposal
from adjudication.models import Case, Decision
from adjudication.policy_diff import MOST_ROWS, ChangeFilter, Difference
from corpus.models import Item
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

VOTES = {
    "a": {"ada": "safe", "bea": "safe", "model-x": "unsafe"},
    "b": {"ada": "safe", "bea": "unsafe", "model-x": "unsafe"},
    "c": {"model-x": "unsafe", "model-y": "unsafe"},
    "d": {"ada": "unsafe", "bea": "unsafe", "model-x": "safe"},
    "e": {"ada": "safe", "model-x": "unsafe"},
    "f": {},
    "g": {"ada": "safe", "bea": "safe", "model-x": "unsafe", "model-y": "unsafe"},
}
NAMED = {"model-x": ["threat"], "model-y": ["threat"]}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with a majority of two, whose items these opinions decide or leave open."""
    folder, made = tmp_path_factory.mktemp("votes"), make_project(fields="prompt_label", quorum=2)
    import_dialogues(made, folder, [dialogue(name) for name in VOTES])
    rows = [
        opinion(name, rater, label, categories=NAMED.get(rater, ["violence"]) if label == "unsafe" else [])
        for name, labels in VOTES.items()
        for rater, label in labels.items()
    ]
    assert import_votes(made, folder, rows)["rejected"] == 0
    assert command("adjudicate", project=made.slug)["disputed"] == 2
    return made


def compared(project, policy="human", quorum=2, caution=None, **page):
    filters = {name: page.pop(name) for name in ("field", "before", "after") if name in page}
    proposed = proposal(project, policy=policy, quorum=quorum, caution=caution)
    return compare(project, proposed, matching=ChangeFilter(**filters), **page)


def changes(difference):
    return [(row["id"], row["field"], row["before"], row["after"]) for row in difference.rows]


def test_changes_are_listed_by_item_with_categories_last(project):
    found = compared(project)
    assert [row[:2] for row in changes(found)] == [
        ("b", "prompt_label"), ("b", "categories"), ("c", "prompt_label"), ("c", "categories"),
        ("e", "prompt_label"), ("g", "prompt_label"),
    ]  # fmt: skip
    states = {row[0]: row[2:] for row in changes(found) if row[1] == "prompt_label"}
    assert states == {
        "b": ("unsafe", "disputed"),
        "c": ("unsafe", "pending"),
        "e": ("disputed", "pending"),
        "g": ("disputed", "safe"),
    }
    assert ("c", "categories", "threat", "") in changes(found)


def test_changes_are_counted_by_kind(project):
    found = compared(project)
    assert [tuple(count.values()) for count in found.counts] == [
        ("prompt_label", "disputed", "pending", 1),
        ("prompt_label", "disputed", "safe", 1),
        ("prompt_label", "unsafe", "disputed", 1),
        ("prompt_label", "unsafe", "pending", 1),
        ("categories", None, None, 2),
    ]
    assert (found.labels, found.categories, found.total) == (4, 2, 6)


def test_items_are_counted_by_status_now_and_then(project):
    assert compared(project).statuses == {"decided": (4, 3), "disputed": (2, 1), "pending": (1, 3), "settled": (0, 0)}


def test_cases_open_and_close(project):
    found = compared(project)
    assert (found.cases_opened, found.cases_closed) == (1, 2)


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({}, "bbcceg"),
        ({"field": "prompt_label"}, "bceg"),
        ({"field": "categories"}, "bc"),
        ({"field": "response_label"}, ""),
        ({"field": "nonsense"}, ""),
        ({"before": "unsafe"}, "bc"),
        ({"before": "disputed"}, "eg"),
        ({"after": "pending"}, "ce"),
        ({"before": "disputed", "after": "safe"}, "g"),
        ({"before": "safe"}, ""),
        ({"before": "threat"}, "c"),
        ({"field": "prompt_label", "before": "threat"}, ""),
        ({"field": "%"}, ""),
        ({"before": "' OR true --"}, ""),
        ({"after": "UNSAFE"}, ""),
    ],
)
def test_changes_of_one_kind(project, filters, ids):
    found = compared(project, **filters)
    assert "".join(row[0] for row in changes(found)) == ids
    assert found.total == len(ids)
    assert found.labels == 4  # the counts are of all changes


@pytest.mark.parametrize(
    ("limit", "offset", "ids"),
    [
        (0, 0, ""),
        (1, 0, "b"),
        (2, 4, "eg"),
        (4, 4, "eg"),
        (50, 6, ""),
        (50, 10**9, ""),
        (MOST_ROWS, 0, "bbcceg"),
        (MOST_ROWS + 1, 0, "bbcceg"),
    ],
)
def test_page_of_changes(project, limit, offset, ids):
    found = compared(project, limit=limit, offset=offset)
    assert ("".join(row[0] for row in changes(found)), found.total) == (ids, 6)


def test_same_policy_changes_nothing(project):
    found = compared(project, policy="majority", quorum=2)
    assert (found.counts, found.rows, found.total, found.labels, found.categories) == ([], [], 0, 0, 0)
    assert (found.cases_opened, found.cases_closed) == (0, 0)
    assert all(now == then for now, then in found.statuses.values())


@pytest.mark.parametrize(
    ("policy", "quorum", "decided", "disputed", "pending"),
    [
        ("majority", 1, 4, 2, 1),
        ("majority", 3, 3, 1, 3),
        ("majority", 4, 0, 1, 6),
        ("majority", 5, 0, 0, 7),
        ("majority", None, 3, 1, 3),
        ("human", 1, 4, 1, 2),
        ("human", 3, 0, 0, 7),
        ("jury", 1, 6, 0, 1),
        ("jury", 2, 2, 0, 5),
        ("jury", None, 2, 0, 5),
        ("jury", 4, 0, 0, 7),
        ("aegis2", 2, 3, 1, 3),
    ],
)
def test_statuses_under_other_policies(project, policy, quorum, decided, disputed, pending):
    statuses = compared(project, policy=policy, quorum=quorum).statuses
    assert {status: then for status, (_, then) in statuses.items()} == {
        "decided": decided, "disputed": disputed, "pending": pending, "settled": 0,
    }  # fmt: skip


def test_comparison_leaves_everything_as_it_is(project):
    def stored():
        return [list(each.objects.filter(item__project=project).order_by("pk").values()) for each in (Decision, Case)]

    before = stored()
    compared(project, policy="aegis2")
    assert stored() == before


def test_order_of_categories_is_no_change(tmp_path):
    made = make_project(fields="prompt_label", quorum=2)
    import_dialogues(made, tmp_path, [dialogue("one")])
    both, one = ["violence", "threat"], ["threat"]
    rows = [("ada", both), ("bea", both), ("model-x", one), ("model-y", one)]
    import_votes(made, tmp_path, [opinion("one", rater, "unsafe", categories=named) for rater, named in rows])
    command("adjudicate", project=made.slug)
    # Two of four is no majority: only the most named stays, where people alone name both.
    found = compared(made)
    assert changes(found) == [("one", "categories", "threat", found.rows[0]["after"])]
    assert set(found.rows[0]["after"].split(", ")) == {"violence", "threat"}
    assert compared(made, policy="human", quorum=1).categories == 1
    assert found.labels == 0


def test_withdrawn_item_changes_but_opens_no_case(tmp_path):
    made = make_project(fields="prompt_label", quorum=2)
    import_dialogues(made, tmp_path, [dialogue("one"), dialogue("two")])
    rows = [(rater, label) for rater, label in VOTES["b"].items()]
    import_votes(made, tmp_path, [opinion(name, *row) for name in ("one", "two") for row in rows])
    command("adjudicate", project=made.slug)
    assert compared(made).cases_opened == 2
    Item.objects.filter(project=made, external_id="two").update(withdrawn_at=timezone.now())
    found = compared(made)
    assert (found.labels, found.cases_opened) == (2, 1)


def test_empty_project_has_no_changes():
    found = compared(make_project())
    assert (found.total, found.counts, found.statuses["decided"]) == (0, [], (0, 0))


def test_field_that_goes_without_a_label_is_no_label_that_changes():
    counts = [
        {"field": field, "before": before, "after": after, "n": n}
        for field, before, after, n in (
            ("response_label", "pending", None, 17),
            ("response_label", "safe", None, 1),
            ("prompt_label", "pending", "safe", 2),
            ("categories", None, None, 3),
        )
    ]
    found = Difference(None, None, counts, {}, 0, 0, 0, [])
    assert (found.labels, found.undecided, found.categories) == (3, 17, 3)
