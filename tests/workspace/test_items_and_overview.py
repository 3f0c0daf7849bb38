"""Searching items by every filter, and the counts of the home page and the metrics."""

import pytest
from django.db import connection, transaction

from corpus.models import Item
from tests.adjudication.disputes import UNSAFE
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.cases import cases
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion
from workspace.models import Job
from workspace.queries.items import items_matching, licenses_of, like_pattern, sources_of
from workspace.queries.metrics import ZEROS, project_metrics
from workspace.queries.overview import LATEST_LABELS, STATUSES, latest_labels, overview, progress_bars

TEXTS = {
    "percent": "100% sure",
    "hundred": "100 sure",
    "under": "snake_case",
    "over": "snakeXcase",
    "back": "C:\\temp",
    "slash": "C:/temp",
    "quote": 'it\'s "so"',
    "case": "\u00c4RGER ist GROSS",
    "brace": '{"role": "user"}',
    "line": "two\nlines",
    "space": "two  spaces",
    "kanji": "\u6f22\u5b57",
}


@cases(
    ("words", "pattern"),
    [
        ("", "%%"),
        ("plain", "%plain%"),
        ("100%", "%100\\%%"),
        ("a_b", "%a\\_b%"),
        ("\\", "%\\\\%"),
        ("\\%", "%\\\\\\%%"),
        ("%_\\", "%\\%\\_\\\\%"),
        ("it's", "%it's%"),
    ],
)
def test_pattern_takes_words_literally(words, pattern):
    assert like_pattern(words) == pattern


@pytest.fixture(scope="module")
def texts(database, tmp_path_factory):
    """A project with a dialogue for each text; its id is the text's name after `a_` or `a%`."""
    project = make_project()
    rows = [dialogue(name, text=text) for name, text in TEXTS.items()]
    rows += [dialogue(name, text="Hm?") for name in ("a_1", "aX1", "a%1", "a\\1", "a", "A", "'--")]
    assert import_dialogues(project, tmp_path_factory.mktemp("texts"), rows)["rejected"] == 0
    return project


def found(project, **filters):
    return sorted(items_matching(project, filters).values_list("external_id", flat=True))


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("100", ["hundred", "percent"]),
        ("100%", ["percent"]),
        ("%", ["a%1", "percent"]),
        ("100%sure", []),
        ("snake_case", ["under"]),
        ("_", ["a_1", "under"]),
        ("snake", ["over", "under"]),
        ("\\", ["a\\1", "back"]),
        ("C:\\temp", ["back"]),
        ("\\\\", []),
        ("it's", ["quote"]),
        ('"so"', ["quote"]),
        ("\u00e4rger", ["case"]),
        ("IST gross", ["case"]),
        ("role", ["brace"]),
        ('{"role"', ["brace"]),
        ("assistant", []),
        ("two\nlines", ["line"]),
        ("two lines", []),
        ("two  sp", ["space"]),
        ("two spaces", []),
        ("\u5b57", ["kanji"]),
        ("That is under", ["under"]),
        ("sure That", []),
        ("' OR 1=1 --", []),
        ("%s", []),
    ],
)
def test_words_are_found_literally_in_any_one_turn(texts, words, names):
    assert found(texts, text=words) == names


@pytest.mark.parametrize(
    ("begin", "names"),
    [
        ("a_", ["a_1"]),
        ("a%", ["a%1"]),
        ("a\\", ["a\\1"]),
        ("a", ["a", "a%1", "aX1", "a\\1", "a_1"]),
        ("A", ["A"]),
        ("_", []),
        ("%", []),
        ("'", ["'--"]),
        ("1", []),
        ("percent", ["percent"]),
        ("percents", []),
    ],
)
def test_id_is_found_by_its_beginning_with_its_case(texts, begin, names):
    assert found(texts, id=begin) == names


@pytest.mark.parametrize("empty", [{}, {"id": ""}, {"text": ""}, {"status": ""}, {"category": ""}, {"source": None}])
def test_empty_filter_filters_nothing(texts, empty):
    assert len(found(texts, **empty)) == len(TEXTS) + 7


@pytest.mark.parametrize("query", [{"text": "100%"}, {"id": "a_"}, {"text": "C:\\"}, {"id": "'--"}, {"text": "it's"}])
def test_page_shows_what_was_searched_and_one_item(texts, query):
    page = Visitor(texts, "admin").get("items/", **query)
    assert (page.status_code, page.context["shown"].count) == (200, 1)


@pytest.mark.parametrize("query", [{"text": "x" * 201}, {"id": "x" * 201}, {"status": "lost"}, {"category": "no-such"}])
def test_page_shows_everything_and_the_error_of_an_odd_filter(texts, query):
    page = Visitor(texts, "admin").get("items/", **query)
    assert list(page.context["form"].errors) == list(query)
    assert page.context["shown"].count == len(TEXTS) + 7


@pytest.fixture(scope="module")
def decided(database, tmp_path_factory):
    """Items of every status, source and licence."""
    project, folder = make_project(quorum=1), tmp_path_factory.mktemp("decided")
    rows = [
        dialogue("safe", source="one", license="MIT"),
        dialogue("unsafe", source="two", license="MIT"),
        dialogue("disputed", source="two", license="CC0-1.0"),
        dialogue("pending", source="one"),
        dialogue("never-counted"),
        dialogue("withdrawn", source="one", license="MIT"),
    ]
    import_dialogues(project, folder, rows)
    votes = [
        opinion("safe", "ada", "safe", "safe"),
        opinion("unsafe", "ada", "unsafe", "safe", **UNSAFE),
        opinion("disputed", "ada", "safe", "safe"),
        opinion("disputed", "bea", "unsafe", "safe", categories=["violence"]),
        opinion("withdrawn", "ada", "unsafe", "safe", **UNSAFE),
    ]
    import_votes(project, folder, votes)
    command("adjudicate", project=project.slug)
    command("withdraw_item", "withdrawn", project=project.slug, reason="Asked for.")
    return project


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"status": "decided"}, ["safe", "unsafe"]),
        ({"status": "disputed"}, ["disputed"]),
        ({"status": "pending"}, ["never-counted", "pending"]),
        ({"status": "settled"}, []),
        ({"status": "withdrawn"}, ["withdrawn"]),
        ({"source": "one"}, ["pending", "safe", "withdrawn"]),
        ({"source": "One"}, []),
        ({"source": ""}, ["never-counted"]),
        ({"license": ""}, ["never-counted", "pending"]),
        ({"license": "MIT"}, ["safe", "unsafe", "withdrawn"]),
        ({"license": "MIT", "source": "two"}, ["unsafe"]),
        ({"category": "threat", "status": "decided"}, ["unsafe"]),
        ({"category": "violence"}, []),
        ({"status": "withdrawn", "source": "two"}, []),
        ({"status": "withdrawn", "license": "MIT"}, ["withdrawn"]),
        ({"status": "decided", "id": "un"}, ["unsafe"]),
        ({"status": "decided", "text": "what is safe"}, ["safe"]),
        ({"status": "decided", "source": "two", "license": "CC0-1.0"}, []),
    ],
)
def test_filters_are_joined(decided, filters, names):
    assert found(decided, **filters) == names


def test_items_of_another_project_are_never_found(decided):
    assert found(make_project(), status="decided") == []


def test_policy_of_the_project_decides_what_is_found(decided):
    decided.policy = "jury"  # which has counted nothing here
    try:
        assert found(decided, status="decided") == []
        assert found(decided, status="withdrawn") == ["withdrawn"]
    finally:
        decided.policy = "majority"


def test_sources_and_licences_are_listed_once_sorted_without_the_empty_one(decided):
    assert sources_of(decided) == ["one", "two"]
    assert licenses_of(decided) == ["CC0-1.0", "MIT"]
    assert (sources_of(make_project()), licenses_of(make_project())) == ([], [])


def test_route_and_page_find_the_same(decided):
    lead, admin = Program(decided, "lead"), Visitor(decided, "admin")
    for status in ("decided", "disputed", "pending", "settled", "withdrawn"):
        listed = lead.get(f"projects/{decided.slug}/items/", status=status).json()["results"]
        shown = admin.get("items/", status=status).context["shown"].rows
        assert [item["id"] for item in listed] == [row["external_id"] for row in shown]
        assert {item["status"] for item in listed if not item["withdrawn_at"]} <= {status}


COUNTS = {"decided": 0, "settled": 0, "disputed": 0, "pending": 0}


@cases(
    ("counts", "items", "parts"),
    [
        ({}, 0, [("0.000", "0.000")] * 4),
        ({"decided": 1}, 1, [("0.000", "100.000"), ("100.000", "0.000"), ("100.000", "0.000"), ("100.000", "0.000")]),
        ({"pending": 5}, 5, [("0.000", "0.000")] * 3 + [("0.000", "100.000")]),
        (
            {"decided": 1, "disputed": 1, "pending": 1}, 3,
            [("0.000", "33.333"), ("33.333", "0.000"), ("33.333", "33.333"), ("66.667", "33.333")],
        ),
        (
            {"decided": 1, "settled": 1, "disputed": 1, "pending": 5}, 8,
            [("0.000", "12.500"), ("12.500", "12.500"), ("25.000", "12.500"), ("37.500", "62.500")],
        ),
        (
            {"decided": 999_999, "pending": 1}, 1_000_000,
            [("0.000", "100.000"), ("100.000", "0.000"), ("100.000", "0.000"), ("100.000", "0.000")],
        ),
    ],
)  # fmt: skip
def test_parts_of_the_progress_bar_touch_and_fill_it(counts, items, parts):
    made = progress_bars(COUNTS | counts, items)
    assert [bar.status for bar in made] == list(STATUSES)
    assert [(bar.start, bar.width) for bar in made] == parts
    assert sum(bar.count for bar in made) == items


def test_overview_counts_items_votes_and_ballots(tmp_path):
    project = make_project(quorum=2)
    import_dialogues(project, tmp_path, [dialogue(name) for name in ("a", "b", "c", "d")])
    votes = [opinion(name, rater, "safe", "safe") for name in "ab" for rater in ("x", "y", "model-z")]
    import_votes(project, tmp_path, [*votes, opinion("c", "model-z", "unsafe", "safe", **UNSAFE)])
    shown = overview(project)
    assert (shown.items, shown.votes, shown.ballots, shown.released) == (4, 4, 3, 0)
    assert {bar.status: bar.count for bar in shown.bars} == COUNTS | {"pending": 4}  # nothing is counted yet
    command("adjudicate", project=project.slug)
    shown = overview(project)
    assert {bar.status: bar.count for bar in shown.bars} == COUNTS | {"decided": 2, "pending": 2}
    import_dialogues(project, tmp_path, [dialogue("e")])
    project.refresh_from_db()  # as every request reads it
    assert {bar.status: bar.count for bar in overview(project).bars} == COUNTS | {"decided": 2, "pending": 3}


def test_overview_of_an_empty_project_is_all_zeros():
    shown = overview(make_project())
    assert (shown.items, shown.votes, shown.ballots, shown.released) == (0, 0, 0, 0)
    assert {bar.count for bar in shown.bars} == {0}


def test_latest_labels_are_few_and_leave_out_what_is_withdrawn(tmp_path):
    project = make_project(quorum=1)
    names = [f"i{at:02}" for at in range(LATEST_LABELS + 2)]
    import_dialogues(project, tmp_path, [dialogue(name) for name in names])
    import_votes(project, tmp_path, [opinion(name, "ada", "unsafe", "safe", **UNSAFE) for name in names])
    command("adjudicate", project=project.slug)
    assert [each["external_id"] for each in latest_labels(project, LATEST_LABELS)] == names[:LATEST_LABELS]
    command("withdraw_item", "i00", project=project.slug, reason="Asked for.")
    latest = latest_labels(project, LATEST_LABELS)
    assert [each["external_id"] for each in latest] == names[1 : LATEST_LABELS + 1]
    assert latest[0] | {"decided_by": ""} == {
        "external_id": "i01",
        "prompt": "unsafe",
        "response": "safe",
        "categories": ["Threat"],
        "decided_by": "",
    }
    assert "What is" not in str(latest)  # no text of a dialogue


@pytest.mark.parametrize(
    ("role", "sees"), [("annotator", False), ("adjudicator", False), ("lead", True), ("admin", True)]
)
def test_progress_is_everybodys_and_labels_are_for_leads(decided, role, sees):
    visitor = Visitor(decided, role)
    [card] = [card for card in visitor.client.get("/").context["cards"] if card.access.project == decided]
    page = visitor.get("")
    assert (page.status_code, card.overview.items) == (200, page.context["overview"].items)
    assert [bool(page.context["latest"]), b"Latest labels" in page.content] == [sees, sees]


def test_metrics_name_every_kind_and_state():
    counts = project_metrics()
    assert {kind: set(states) for kind, states in counts.items()} == {
        kind: set(states) for kind, states in ZEROS.items()
    }
    assert all(count >= 0 for states in counts.values() for count in states.values())


def test_zeros_are_never_written_to():
    project_metrics()
    assert {count for states in ZEROS.values() for count in states.values()} == {0}


def grown(change):
    """Return what a change adds to each count, in one snapshot that is thrown away, as others write meanwhile."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        before = project_metrics()
        change()
        after = project_metrics()
        transaction.set_rollback(True)
    return {
        (kind, state): after[kind][state] - before[kind][state]
        for kind, states in after.items()
        for state in states
        if after[kind][state] != before[kind][state]
    }


@pytest.mark.parametrize("state", Job.State.values)
def test_metrics_count_jobs_by_state(decided, state):
    change = grown(lambda: Job.objects.create(project=decided, kind="release", state=state))
    assert change == {("jobs", state): 1}


def test_metrics_count_items_without_a_decision_as_pending(decided):
    def change():
        Item.objects.create(project=decided, external_id="new", turns=[], content_hash=b"")

    assert grown(change) == {("items", "pending"): 1}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("safe", {("items", "decided"): -1, ("items", "withdrawn"): 1}),
        ("disputed", {("items", "disputed"): -1, ("items", "withdrawn"): 1}),
        ("pending", {("items", "pending"): -1, ("items", "withdrawn"): 1}),
        ("withdrawn", {}),
    ],
)
def test_metrics_count_a_withdrawn_item_only_as_that(decided, name, change):
    items = Item.objects.filter(project=decided, external_id=name)
    assert grown(lambda: items.update(withdrawn_at="2026-01-01T00:00:00Z")) == change
