"""Certified labels by the probability of a label: beside those by share, watched, and never told where nobody asks."""

from pathlib import Path
from typing import Any

import pytest

from adjudication.models import Certificate
from annotation.models import SampleDraw
from corpus.models import Event, Project
from jury.models import Ballot, Juror
from quality.reports.certified import promise_figures
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import command, import_votes, make_project, opinion
from tests.quality.test_certified import MODELS, PEOPLE, import_in_sample, standing, visible_text

NAMES = [f"q{at:03}" for at in range(240)]
UNSURE = set(NAMES[1::4])
"All models call these safe, and one of them hardly; people call them unsafe."
THREAT = {"categories": ["threat"]}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Make a project of which every second dialogue is in the sample, half of them unsure ones."""
    folder, made = tmp_path_factory.mktemp("scores"), make_project(fields="prompt_label", policy="human")
    import_in_sample(made, folder, NAMES)
    SampleDraw.objects.filter(project=made, item__external_id__in=NAMES[::2]).update(in_sample=False)
    rows = [opinion(name, model) for name in NAMES for model in MODELS]
    rows += [
        opinion(name, by, "unsafe", **THREAT) if name in UNSURE else opinion(name, by)
        for name in NAMES[1::2] for by in PEOPLE
    ]  # fmt: skip
    assert import_votes(made, folder, rows)["rejected"] == 0
    say(made, 0.02, unsure=0.45)
    command("adjudicate", project=made.slug)
    assert command("measure", project=made.slug).code == 0
    return made


def say(project: Project, probability: float | None, *, unsure: float | None = None) -> None:
    """Give all ballots a probability of unsafe, and one of each panel that is unsure another."""
    Juror.objects.filter(project=project).update(asks_probability=True)
    ballots = Ballot.objects.filter(item__project=project)
    ballots.update(prompt_probability=probability)
    ballots.filter(item__external_id__in=UNSURE, juror__name=MODELS[1]).update(prompt_probability=unsure)


def test_both_scores_stand_beside_each_other(project: Project) -> None:
    program, lead = Program(project, "lead"), Visitor(project, "lead")
    route = f"projects/{project.slug}/certified/"
    share = program.get(route, error=0.1).json()["promise"]
    sure = program.get(route, error=0.1, score_by="probability").json()["promise"]
    assert (share["fields"][0]["threshold"], share["votes_saved"], "score_by" in share) == (None, 0, False)
    assert (sure["fields"][0]["threshold"], sure["score_by"]) == ({"agreeing": 19, "counted": 20}, "probability")
    assert (sure["fields"][0]["alone"], sure["votes_saved"]) == (120, 360)  # all that is not in the sample is sure
    told = [(row["agreeing"], row["counted"], row["sample"], row["errors"]) for row in sure["fields"][0]["levels"]]
    assert told == [(19, 20, 60, 0), (4, 5, 120, 60)]
    assert sure == dict(command("certify", project=project.slug, error=0.1, score_by="probability"))
    for same in ({}, {"score_by": "share"}):
        assert share == dict(command("certify", project=project.slug, error=0.1, **same))
    assert program.get(route, score_by="sure").status_code == 400

    text = visible_text(lead.get("quality/certified/", error="0.1").content.decode())
    assert "Share of the ballots that give the label none none" in text
    assert "Mean probability of the label 120 50 % probability 0.95 or more; wrong at most" in text
    assert "No label can be certified yet" in text
    chosen = visible_text(lead.get("quality/certified/", error="0.1", score_by="probability").content.decode())
    assert "The jurors could decide 120 of 240 prompts alone" in chosen
    assert "rounded down to a twentieth" in chosen
    assert "probability 0.8 or more 120 60 0" in chosen


def test_where_no_ballot_has_a_probability_nothing_is_said_of_it(tmp_path: Path) -> None:
    bare = make_project(fields="prompt_label")
    import_in_sample(bare, tmp_path, ["a", "b"])
    import_votes(bare, tmp_path, [opinion(name, model) for name in "ab" for model in MODELS])
    assert command("measure", project=bare.slug).code == 0
    program, lead = Program(bare, "lead"), Visitor(bare, "lead")
    assert program.get(f"projects/{bare.slug}/certified/", score_by="probability").status_code == 409
    page = lead.get("quality/certified/", score_by="probability")
    assert (page.status_code, "Both scores" in page.content.decode()) == (200, False)
    refused = command("certify", project=bare.slug, score_by="probability")
    assert (refused.code, "No ballot has a probability" in refused.stderr) == (2, True)
    Project.objects.filter(pk=bare.pk).update(certified_score_by="probability")
    assert command("measure", project=bare.slug).code == 0
    text = visible_text(lead.get("quality/certified/").content.decode())
    assert "No prompt has labels of two jurors that agree for the most part and all say how probable they are." in text


def test_page_promises_what_the_policy_certifies_by_probability(project: Project) -> None:
    terms = {"score_by": "probability", "error": 0.1, "reason": "Surer."}
    assert command("change_policy", "certified", project=project.slug, **terms).code == 0
    [field] = command("certify", project=project.slug)["fields"]
    content = Certificate.objects.get(project=project, is_current=True).content
    certified = content["fields"]["prompt_label"]
    assert (content["score_by"], certified["threshold"], certified["alone"]) == ("probability", "19/20", 120)
    names = ("sample", "errors", "missing", "accepted")
    for ours, theirs in zip(field["levels"], certified["levels"], strict=True):
        assert [ours[name] for name in names] == [theirs[name] for name in names]
        assert ours["bound"] == pytest.approx(theirs["bound"])
    assert field["bound"] == pytest.approx(certified["bound"])


def test_watched_promise_goes_on_when_the_score_is_changed(tmp_path: Path) -> None:
    made = make_project(fields="prompt_label", policy="certified", error=0.1)
    program, route = Program(made, "lead"), f"projects/{made.slug}/certified/"
    import_in_sample(made, tmp_path, [f"d{at:03}" for at in range(120)])
    import_votes(made, tmp_path, [opinion(f"d{at:03}", by) for at in range(120) for by in (*PEOPLE, *MODELS[:2])])
    say(made, 0.01)
    command("measure", project=made.slug)
    first = program.get(route).json()["watched"]
    assert (first["thresholds"]["prompt_label"], "score_by" in first) == ({"agreeing": 1, "counted": 1}, False)

    late = [f"late{at}" for at in range(3)]
    import_in_sample(made, tmp_path, late)
    finish(made, tmp_path, late[0])
    command("measure", project=made.slug)
    assert standing(program, route) == (1, 1, "watch")
    assert command("change_policy", project=made.slug, score_by="probability", reason="Surer.").code == 0
    command("measure", project=made.slug)
    then = program.get(route).json()["watched"]
    assert (then["thresholds"]["prompt_label"], then["score_by"]) == ({"agreeing": 19, "counted": 20}, "probability")
    assert (standing(program, route), then["follows"]) == ((1, 1, "watch"), True)
    event = Event.objects.filter(project=made, verb="promise.watched").latest("pk")
    assert event.detail["score_by"] == "probability"
    finish(made, tmp_path, late[1], "safe", probability=0.01)
    finish(made, tmp_path, late[2], "safe", probability=0.4)  # not sure enough till then, so that it tests nothing
    command("measure", project=made.slug)
    assert standing(program, route) == (2, 1, "watch")
    text = visible_text(Visitor(made, "lead").get("quality/certified/").content.decode())
    assert "Prompt probability 0.6 or more 2 1 50 %" in text  # which the right label of the last one now allows
    command("change_policy", project=made.slug, score_by="own", reason="Back.")
    command("measure", project=made.slug)
    back = program.get(route).json()["watched"]
    assert (standing(program, route)[:2], "score_by" in back) == ((2, 1), False)


def finish(
    project: Project, folder: Path, name: str, label: str = "unsafe", *, probability: float | None = None
) -> None:
    """Let two models call a dialogue safe, and people say what it is."""
    named = THREAT if label == "unsafe" else {}
    rows = [opinion(name, by) for by in MODELS[:2]] + [opinion(name, by, label, **named) for by in PEOPLE]
    assert import_votes(project, folder, rows)["rejected"] == 0
    Ballot.objects.filter(item__project=project, item__external_id=name).update(prompt_probability=probability)


def test_levels_above_the_first_are_told_with_it() -> None:
    """A very sure bin of few dialogues is neither tested nor told alone."""

    def level(twentieths: int, sample: int, items: int) -> dict[str, int]:
        row = {"agreeing": twentieths, "counted": 20, "sample": sample, "errors": 0, "missing": 0}
        return row | {"items": items, "open": items, "found": 0}

    levels: list[dict[str, int]] = [level(19, 3, 30), level(18, 80, 300), level(17, 10, 40)]
    scored: dict[str, Any] = {"fields": [{"field": "prompt_label", "items": 370, "by_people": 0, "levels": levels}]}
    evidence = scored | {"items": 370, "uniform": 93, "undrawn": 0, "groups": [], "sample_votes": 0}
    told = [
        [(row["agreeing"] / row["counted"], row["sample"]) for row in found["fields"][0]["levels"]]
        for found in (
            promise_figures(evidence, error=0.1, risk=0.2),
            promise_figures(evidence | {"probability": scored}, error=0.1, risk=0.2, score_by="probability"),
        )
    ]
    assert told == [[(0.95, 3), (0.9, 83), (0.85, 93)], [(0.9, 83), (0.85, 93)]]
