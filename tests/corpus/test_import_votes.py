"""Import votes and ballots with the command."""

import json

import pytest

from annotation.models import Annotator, Slot, Vote
from corpus.actions import add_category
from corpus.models import Project
from jury.models import Ballot, Juror
from tests.annotation.people import add_person
from tests.factories import (
    command,
    dialogue,
    import_dialogues,
    import_votes,
    make_project,
    numbers,
    opinion,
    write_lines,
)  # fmt: skip
from workspace.actions.import_opinions import import_opinions


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    made = make_project()
    import_dialogues(made, tmp_path_factory.mktemp("items"), [dialogue("both"), dialogue("prompt", response=False)])
    return made


def vote(**more):
    return opinion("both", f"rater-{next(numbers)}", "safe") | more


def test_unknown_raters_are_created(tmp_path):
    project = make_project()
    import_dialogues(project, tmp_path, [dialogue("a")])
    unsafe = {"categories": ["threat", "Guns/Illegal Weapons"], "rationale": "It threatens.", "seconds": 12.5}
    outcome = import_votes(project, tmp_path, [opinion("a", "ada", "unsafe", "safe", **unsafe), opinion("a", "model")])

    assert (outcome.code, outcome["created"]) == (0, 2)
    vote = Vote.objects.get(item__project=project)
    assert (vote.annotator.name, vote.annotator.user, vote.guideline.name) == ("ada", None, "imported")
    assert vote.categories == ["threat", "guns_illegal_weapons"]
    assert (vote.rationale, vote.seconds) == ("It threatens.", 12.5)
    ballot = Ballot.objects.get(item__project=project)
    assert (ballot.juror.name, ballot.prompt.name, ballot.outcome) == ("model", "imported", "cast")
    assert not Juror.objects.get(project=project).in_panel


def test_csv_categories_are_split_at_semicolons(project, tmp_path):
    path = tmp_path / "votes.csv"
    path.write_text(
        "item_id,rater,rater_kind,prompt_label,response_label,categories,cast_at\n"
        "both,csv,human,unsafe,,Violence; threat;Violence,2026-01-02T03:04:05+01:00\n"
    )

    assert command("import_votes", path, project=project.slug)["created"] == 1
    vote = Vote.objects.get(annotator__name="csv", item__project=project)
    assert (vote.categories, vote.response_label) == (["violence", "threat"], None)
    assert vote.cast_at.isoformat() == "2026-01-02T02:04:05+00:00"


@pytest.mark.parametrize("moment", [{}, {"cast_at": "2026-01-02T03:04:05Z"}])
@pytest.mark.parametrize("rater", ["ada", "model"])
def test_second_opinion_is_unchanged_or_rejected(tmp_path, rater, moment):
    project = make_project()
    import_dialogues(project, tmp_path, [dialogue("a")])
    row = opinion("a", rater, "safe", "safe", seconds=3, **moment)

    assert import_votes(project, tmp_path, [row, row])["unchanged"] == 1
    assert import_votes(project, tmp_path, [row])["unchanged"] == 1
    other = import_votes(project, tmp_path, [row | {"response_label": "needs_caution"}])
    assert (other.code, other["rejected"]) == (1, 1)
    assert "row 1: item_id: this rater's opinion of the item is another" in other.stderr


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        ({"item_id": "nowhere"}, "item_id", "no item of this id"),
        ({"item_id": ""}, "item_id", "missing"),
        ({"rater": ""}, "rater", "missing"),
        ({"rater": "a\nb"}, "rater", "control character"),
        ({"rater": "r" * 201}, "rater", "201 characters"),
        ({"rater_kind": "robot"}, "rater_kind", "neither human nor llm"),
        ({"prompt_label": None}, "prompt_label", "at least one label"),
        ({"prompt_label": "SAFE"}, "prompt_label", "not one of"),
        ({"prompt_label": 1}, "prompt_label", "not one of"),
        ({"item_id": "prompt", "response_label": "safe"}, "response_label", "no response to label"),
        ({"categories": ["threat"]}, "categories", "beside a safe label"),
        ({"prompt_label": "unsafe", "categories": ["arson"]}, "categories", "not a category"),
        ({"prompt_label": "unsafe", "categories": ["S1"]}, "categories", "not a category"),
        ({"prompt_label": "unsafe", "categories": ["other"]}, "other_text", "needs a text"),
        ({"rationale": "r" * 10_001}, "rationale", "10,001 characters"),
        ({"rationale": "a\0"}, "rationale", "NUL"),
        ({"seconds": -1}, "seconds", "not a time"),
        ({"seconds": "fast"}, "seconds", "not a number"),
        ({"cast_at": "yesterday"}, "cast_at", "ISO 8601"),
    ],
)
def test_invalid_row_is_rejected_with_a_reason(project, tmp_path, row, field, reason):
    errors = tmp_path / "errors.jsonl"
    outcome = import_votes(project, tmp_path, [vote(), vote() | row, vote()], errors=errors)
    (line,) = [json.loads(line) for line in errors.read_text().splitlines()]

    assert (outcome.code, outcome["created"], outcome["rejected"]) == (1, 2, 1)
    assert (line["row"], line["field"]) == (2, field)
    assert reason in line["reason"]


def test_unwanted_labels_are_rejected(tmp_path):
    project = make_project(fields="response_label")
    import_dialogues(project, tmp_path, [dialogue("a")])
    outcome = import_votes(project, tmp_path, [opinion("a", "ada", "safe", "safe")])

    assert outcome.code == 1
    assert "prompt_label: this project does not want it" in outcome.stderr


@pytest.mark.parametrize("header", ["item_id,rater,prompt_label", "item_id,rater,rater_kind,label"])
def test_file_without_a_needed_column_is_refused(project, tmp_path, header):
    path = tmp_path / "votes.csv"
    path.write_text(header + "\n")

    assert command("import_votes", path, project=project.slug).code == 2


def test_withdrawn_items_accept_no_new_opinions(tmp_path):
    project = make_project()
    import_dialogues(project, tmp_path, [dialogue("a")])
    row = opinion("a", "ada")
    import_votes(project, tmp_path, [row])
    command("withdraw_item", "a", project=project.slug, reason="Asked for.")

    assert import_votes(project, tmp_path, [row])["unchanged"] == 1
    assert "the item is withdrawn" in import_votes(project, tmp_path, [opinion("a", "bea")]).stderr


def test_imported_rater_is_not_an_account(project, tmp_path):
    command("create_user", "dora", project=project.slug)
    import_votes(project, tmp_path, [vote(rater="dora")])

    assert Annotator.objects.get(project=project, name="dora").user is None


def test_imported_votes_leave_fewer_slots(tmp_path):
    project = make_project(votes_wanted=2)
    import_dialogues(project, tmp_path, [dialogue(name) for name in ("none", "one", "two", "four")])
    raters = {"one": 1, "two": 2, "four": 4}
    rows = [opinion(item, f"r{n}") for item, count in raters.items() for n in range(count)]
    rows += [opinion("none", "model-a"), opinion("none", "model-b")]

    assert import_votes(project, tmp_path, rows)["created"] == 9
    slots = Slot.objects.filter(item__project=project).values_list("item__external_id", flat=True)
    assert sorted(slots) == ["none", "none", "one"]


def test_ballot_of_a_generator_is_rejected(tmp_path):
    project = make_project()
    import_dialogues(project, tmp_path, [dialogue("a")])
    writer = {"model": "m", "base_url": "http://127.0.0.1:1/v1"}
    assert command("add_generator", "model-w", project=project.slug, **writer).code == 0
    rows = [opinion("a", "model-w", "safe", "safe"), opinion("a", "model-x", "safe", "safe")]
    outcome = import_votes(project, tmp_path, rows)
    assert (outcome.code, outcome["created"], outcome["rejected"]) == (1, 1, 1)
    assert "is a generator here" in outcome.stderr
    assert [ballot.juror.name for ballot in Ballot.objects.filter(item__project=project)] == ["model-x"]


def test_opinion_takes_the_place_of_an_answer_that_is_none(tmp_path):
    project = make_project()
    import_dialogues(project, tmp_path, [dialogue("a")])
    assert import_votes(project, tmp_path, [opinion("a", "model-x", "safe", "safe")]).code == 0
    first = Ballot.objects.get(item__project=project)
    Ballot.objects.filter(pk=first.pk).update(outcome="failed", prompt_label=None, response_label=None)
    for created, unchanged in ((1, 0), (0, 1)):
        outcome = import_votes(project, tmp_path, [opinion("a", "model-x", "unsafe", "safe")])
        assert (outcome.code, outcome["created"], outcome["unchanged"]) == (0, created, unchanged)
    current = Ballot.objects.get(item__project=project, is_current=True)
    assert (current.outcome, current.prompt_label) == ("cast", "unsafe")


def test_import_that_waited_for_another_goes_by_the_taxonomy_of_its_own_time(tmp_path):
    project = make_project()
    import_dialogues(project, tmp_path, [dialogue("a")])
    path = write_lines(tmp_path, [opinion("a", "ada", "unsafe", "safe", categories=["scam"])])
    stale, told = Project.objects.get(pk=project.pk), []
    lead = add_person(project, f"lead-{next(numbers)}", "admin").user
    add_category(project=project, by=lead, slug="scam", name="Scam", definition="Deceit for money.")
    report = import_opinions(project=stale, path=path, on_reject=told.append)
    assert (report.created, told) == (1, [])
    assert Vote.objects.get(item__project=project).taxonomy_id == Project.objects.get(pk=project.pk).taxonomy_id
