"""The tab and the report of why people disagree, from imported votes."""

import random
import re
from pathlib import Path

import numpy as np

from adjudication.models import Case
from annotation.models import Gold, Vote
from corpus.actions import withdraw_item
from corpus.models import Event, Item, Project, Verb
from quality.models import Report
from quality.statistics.disagreement.exact import exact_tail
from quality.statistics.disagreement.slips import Haste, haste_examples
from quality.statistics.disagreement.votes import Votes
from tests.annotation.people import Visitor
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

PEOPLE = [f"p{at:02}" for at in range(8)]
LENIENT = set(PEOPLE[:4])


def split_project(folder: Path) -> Project:
    """Make a project in which half of the people call every dialogue about malware safe."""
    dice = random.Random(3)
    project = make_project(fields="prompt_label")
    names = [f"d{at:03}" for at in range(240)]
    rows = []
    for at, name in enumerate(names):
        kind = ("malware", "threat", "violence", "")[at % 4]
        for person in dice.sample(PEOPLE, 3):
            unsafe = bool(kind) and not (kind == "malware" and person in LENIENT)
            rows.append(opinion(name, person, "unsafe" if unsafe else "safe", categories=[kind] if unsafe else []))
    assert import_dialogues(project, folder, [dialogue(name, response=False) for name in names])["created"] == 240
    assert import_votes(project, folder, rows)["rejected"] == 0
    return project


def test_different_values_are_named_with_who_leans_where(tmp_path: Path) -> None:
    project = split_project(tmp_path)
    assert command("measure", project=project.slug).code == 0
    [field] = Report.objects.get(project=project, kind="disagreement").content["fields"]
    [cause] = field["causes"]
    assert (cause["kind"], cause["a"], cause["b"]) == ("values", "safe", "malware")
    assert set(cause["leaning"]["safe"]) <= LENIENT
    assert set(cause["leaning"]["malware"]) <= set(PEOPLE) - LENIENT
    assert field["values"]["value"] > 0.7
    assert field["slips"]["value"] is None, "there are no repeats"

    html = Visitor(project, "lead").get("quality/", tab="disagreement").content.decode()
    assert "Safe or Malware: people lean differently" in html
    assert "Not told apart" in html
    assert "none is shown, so there is no interval" in html, "of unclear rules"
    assert "0.0 to 0.0" not in html


def test_examples_are_shown_on_request_and_recorded(tmp_path: Path) -> None:
    project = split_project(tmp_path)
    assert command("measure", project=project.slug).code == 0
    lead = Visitor(project, "lead")
    listed = Event.objects.filter(project=project, verb=Verb.OPINIONS_LISTED)
    assert examples_of(lead) == []
    assert not listed.exists()

    shown = examples_of(lead, examples=1)
    assert len(shown) == 5
    assert all(int(name[1:]) % 4 == 0 for name in shown), "the dialogues about malware"
    [event] = listed
    assert (event.actor, event.subject, sorted(event.detail["items"])) == (
        lead.user, "examples of disagreement", sorted(shown)
    )  # fmt: skip
    examples_of(lead, examples=1)
    assert listed.count() == 1, "known already"

    judge = Visitor(project, "lead")
    judge.post(f"cases/{case_of_tied(project, shown[0], tmp_path).pk}/claim/")
    withdraw_item(project=project, external_id=shown[1], reason="Asked for.")
    assert examples_of(judge, examples=1) == shown[2:], "neither their own case, nor what is withdrawn"


def case_of_tied(project: Project, name: str, folder: Path) -> Case:
    """Return the case of a dialogue with three votes, after a fourth that makes two of each label."""
    labels = Vote.objects.filter(item__project=project, item__external_id=name).values_list("prompt_label", flat=True)
    [rarer] = [label for label in set(labels) if list(labels).count(label) == 1]
    more = {"categories": ["malware"]} if rarer == "unsafe" else {}
    assert import_votes(project, folder, [opinion(name, "zed", rarer, **more)])["rejected"] == 0
    assert command("adjudicate", project=project.slug).code == 0
    return Case.objects.get(item__project=project, item__external_id=name)


def examples_of(lead: Visitor, **query: object) -> list[str]:
    """Return the examples that the tab links to, in its order."""
    html = lead.get("quality/", tab="disagreement", **query).content.decode()
    return re.findall(r"/items/(d\d+)/history/", html)


def test_a_project_without_votes_says_so(tmp_path: Path) -> None:
    project = make_project(fields="prompt_label")
    assert command("measure", project=project.slug).code == 0
    html = Visitor(project, "lead").get("quality/", tab="disagreement").content.decode()
    assert "No dialogue has votes of two people yet" in html
    import_dialogues(project, tmp_path, [dialogue("d1", response=False)])
    import_votes(project, tmp_path, [opinion("d1", rater, "safe") for rater in ("ada", "bea")])
    assert command("measure", project=project.slug).code == 0
    html = Visitor(project, "lead").get("quality/", tab="disagreement").content.decode()
    assert "they differ on none" in html


def test_command_prints_what_the_report_has(tmp_path: Path) -> None:
    project = make_project(fields="prompt_label")
    import_dialogues(project, tmp_path, [dialogue("d1", response=False)])
    votes = [opinion("d1", "ada", "safe"), opinion("d1", "bea", "unsafe", categories=["threat"])]
    assert import_votes(project, tmp_path, votes)["rejected"] == 0
    printed = command("disagreement", project=project.slug)
    assert (printed.code, printed["fields"][0]["contested"]) == (0, 1)
    assert command("measure", project=project.slug).code == 0
    report = Report.objects.get(project=project, kind="disagreement").content
    assert printed["fields"] == report["fields"]


def test_slips_have_examples_of_what_was_answered_otherwise(tmp_path: Path) -> None:
    project, dice = make_project(fields="prompt_label"), random.Random(5)
    names = [f"d{at:03}" for at in range(60)]
    import_dialogues(project, tmp_path, [dialogue(name, response=False) for name in names])
    wrong = set(dice.sample(names, 30))
    votes = [
        opinion(name, rater, "unsafe" if rater == "zed" and name in wrong else "safe", categories=[])
        for name in names for rater in ("ada", "bea", "cleo", "zed")
    ]  # fmt: skip
    assert import_votes(project, tmp_path, votes)["rejected"] == 0
    for item in Item.objects.filter(project=project):
        Gold.objects.create(project=project, item=item, use="check", prompt_label="safe")
    assert command("measure", project=project.slug).code == 0
    lead = Visitor(project, "lead")
    html = lead.get("quality/", tab="disagreement").content.decode()
    assert "zed slips more often" in html
    shown = examples_of(lead, examples="1")
    assert len(shown) == 5
    assert set(shown) <= wrong
    assert Event.objects.filter(project=project, verb=Verb.OPINIONS_LISTED).exists()


def test_quick_votes_that_depart_are_examples_the_quickest_first() -> None:
    columns = {name: np.array(each) for name, each in {
        "item": [0, 0, 0, 1, 1, 1, 2, 2, 2], "person": [0, 1, 2] * 3, "answer": [1, 0, 0, 1, 0, 0, 0, 0, 0],
    }.items()}  # fmt: skip
    seconds = np.array([3.0, 9, 9, 2, 9, 9, 1, 9, 9])
    votes = Votes(**columns, version=np.zeros(9, dtype=np.int64), seconds=seconds, source=np.zeros(9, dtype=np.int64))
    quick = Haste(exact_tail([(2, 3, 0, 6)]), 0.6, 0.0, is_quick=seconds < 4)
    assert haste_examples(votes, quick) == [1, 0]
    assert haste_examples(votes, quick, most=1) == [1]
