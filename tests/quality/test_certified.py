"""Which machine labels could be certified: the same by page, command and route, and nothing that tells the sample."""

import json
import random
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adjudication.certifying.bounds import most_errors
from adjudication.models import Certificate
from annotation.actions import change_sample
from annotation.models import SampleDraw
from annotation.slots import open_slots
from corpus.models import Event, Project
from quality.reports.audit import audit, standing_of
from quality.reports.certified import promise_figures
from quality.reports.certified_words import set_summary
from tests.adjudication.disputes import case_of, settle_prompt, tie
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion
from workspace.actions import add_webhook, collect_deliveries
from workspace.models import Delivery

PEOPLE, MODELS, ITEMS = ("ada", "bea", "cleo"), ("model-a", "model-b", "model-c"), 240


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Make a project with jurors on all items and people on the half that is the sample."""
    folder, dice = tmp_path_factory.mktemp("certified"), random.Random(4)
    made = make_project(fields="prompt_label", policy="human")
    import_dialogues(made, folder, [dialogue(f"c{at:03}", response=False) for at in range(ITEMS)])
    change_sample(project=made, by=None, percent=50)
    # Which items the project's secret would choose differs from run to run; every second is chosen here.
    draws = SampleDraw.objects.filter(project=made)
    draws.update(in_sample=False)
    chosen = [f"c{at:03}" for at in range(0, ITEMS, 2)]
    draws.filter(item__external_id__in=chosen).update(in_sample=True)
    votes = []
    for at in range(ITEMS):
        unsafe, splits = dice.random() < 0.4, at % 8 == 4
        label = "unsafe" if unsafe else "safe"
        for number, rater in enumerate((*PEOPLE, *MODELS)):
            says = label
            if rater in MODELS and splits and number % 3 == at // 8 % 3:
                says = "safe" if unsafe else "unsafe"
            if rater in MODELS or at % 2 == 0:
                votes.append(opinion(f"c{at:03}", rater, says, categories=["threat"] * (says == "unsafe")))
    assert import_votes(made, folder, votes)["rejected"] == 0
    command("adjudicate", project=made.slug)
    assert command("measure", project=made.slug).code == 0
    return made


def visible_text(html: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", html[html.index("page-head") :]).split())


def test_threshold_takes_what_the_sample_proves(project: Project) -> None:
    found = command("certify", project=project.slug)
    [field] = found["fields"]
    assert (found["items"], found["sample"], found["undrawn"], found["sample_needed"]) == (240, 120, 0, 59)
    assert (found["votes_wanted"], found["votes_saved"]) == (360, 360)
    assert field["threshold"] == {"agreeing": 2, "counted": 3}
    assert field["bound"] == most_errors(0, 120, 240, 0.05) / 120  # the risk is halved: one field, and categories
    assert (field["alone"], field["by_people"], field["for_people"]) == (120, 120, 0)
    told = [(row["agreeing"], row["counted"], row["sample"], row["errors"], row["missing"]) for row in field["levels"]]
    assert told == [(1, 1, 90, 0, 0), (2, 3, 120, 0, 0)]

    strict = command("certify", project=project.slug, error=0.035, risk=0.2)
    assert strict["fields"][0]["threshold"] == {"agreeing": 2, "counted": 3}  # all alike alone, then 2 of 3 too
    none = command("certify", project=project.slug, error=0.01)
    assert (none["fields"][0]["threshold"], none["votes_saved"], none["fields"][0]["for_people"]) == (None, 0, 120)
    for wrong in (0, 1, -1, "nan", 1e-300):
        refused = command("certify", project=project.slug, error=wrong)
        assert (refused.code, "from 0.001 to 0.5" in refused.stderr) == (2, True), wrong


def test_page_and_route_say_what_the_command_prints(project: Project) -> None:
    program, lead = Program(project, "lead"), Visitor(project, "lead")
    route = f"projects/{project.slug}/certified/"
    body = program.get(route).json()
    assert (body["promise"], body["is_current"]) == (dict(command("certify", project=project.slug)), True)
    asked = program.get(route, error=0.02, risk=0.2).json()["promise"]
    assert asked == dict(command("certify", project=project.slug, error=0.02, risk=0.2))
    for wrong in ({"error": 0}, {"risk": "x"}, {"error": "nan"}, {"risk": 0.9}):
        assert program.get(route, **wrong).status_code == 400, wrong

    text = visible_text(lead.get("quality/certified/").content.decode())
    for words in (
        "The jurors could decide 120 of 240 prompts alone: 5 % wrong at most, with 90 % confidence.",
        "Of 360 votes still wanted of people, 360 would be saved.",
        "2 of 3 or more alike; wrong at most 3.3 %",
        "all alike 90 0 0 4.2 % jurors alone",
    ):
        assert words in text, words
    chosen = visible_text(lead.get("quality/certified/", error="0.01", risk="0.05").content.decode())
    assert "No label can be certified yet: 1 % wrong at most, with 95 % confidence." in chosen
    assert "The sample has 120 dialogues to go by. 368 dialogues without any error would do" in chosen
    assert "5 % wrong at most" in visible_text(lead.get("quality/certified/", error="x", risk="9").content.decode())


def test_levels_of_few_dialogues_are_not_told(project: Project) -> None:
    """One dialogue alone at a level, and a count of one, would tell that it is in the sample."""
    assert "certified" not in Program(project, "lead").get(f"projects/{project.slug}/metrics/").json()["reports"]
    rows = [level(9, 9, sample=40, items=90), level(8, 9, sample=1, items=2), level(7, 9, sample=5, items=30)]
    for levels, expected in (
        (rows, [(9, 40), (7, 46)]),
        (rows[:2], [(8, 41)]),  # the last is told with the one before
        (rows[1:2], []),
    ):
        [told] = promise_figures(evidence_of(levels), error=0.2, risk=0.2)["fields"]
        assert [(row["agreeing"], row["sample"]) for row in told["levels"]] == expected


def test_page_says_how_far_category_sets_are_from_peoples() -> None:
    assert set_summary(None) == ""
    sets: Any = {"alone": 1, "sample": 1200, "missing": 3}
    sets |= {"false_discovery": {"mean": 0.01, "bound": 0.0425}, "miss": {"mean": 0.2, "bound": 0.25}}
    assert set_summary(sets) == (
        "They would also choose the categories of 1 dialogue: on average at most 4.2 % of those they name are not "
        "people's, and at most 25 % of people's are missing, by 1,200 dialogues of the sample."
    )


def test_votes_are_saved_where_the_jurors_decide_all_that_people_have_not() -> None:
    proven = [level(1, 1, sample=400, items=900), level(2, 3, sample=50, errors=25, items=90)]
    groups = {
        (0, 0): 100,  # both by the panel
        (0, 1): 10,  # the second is too uncertain
        (1, 0): 20,
        (0, -2): 3,  # the second by people already
        (0, -3): 4,  # no response
        (0, -1): 5,  # no score
        (-2, -2): 6,  # by people, who are asked on
        (-2, -3): 7,
    }
    evidence = evidence_of(proven, proven) | {
        "groups": [{"levels": list(codes), "items": votes, "votes": votes} for codes, votes in groups.items()],
        "sample_votes": 11,
    }
    found = promise_figures(evidence, error=0.05, risk=0.1)
    assert (found["votes_saved"], found["votes_wanted"]) == (107, sum(groups.values()) + 11)


def test_what_is_missing_is_said_with_the_next_step(tmp_path: Path) -> None:
    bare = make_project(fields="prompt_label", votes_wanted=2)
    lead = Visitor(bare, "lead")
    assert "Not measured yet" in lead.get("quality/certified/").content.decode()
    assert Program(bare, "lead").get(f"projects/{bare.slug}/certified/").json()["promise"] is None
    assert "draw_sample --project" in command("certify", project=bare.slug).stderr
    assert "No dialogue wants votes yet" in measured_text(lead)

    import_dialogues(bare, tmp_path, [dialogue(f"g{at:02}", response=False) for at in range(30)])
    import_votes(bare, tmp_path, [opinion(f"g{at:02}", "model-a") for at in range(30)])
    html = measured_text(lead)
    assert "No prompt has labels of two jurors" in html
    assert "a share of 100 % leaves room" in html

    import_votes(bare, tmp_path, [opinion(f"g{at:02}", "model-b") for at in range(29)])
    change_sample(project=bare, by=None, percent=100)
    change_sample(project=bare, by=None, percent=0)
    import_dialogues(bare, tmp_path, [dialogue("late", response=False)])
    votes = [opinion(f"g{at:02}", name, "unsafe", categories=["threat"]) for at in range(20) for name in ("ada", "bea")]
    for name in ("g20", "g21"):
        votes += [opinion(name, "ada"), opinion(name, "bea", "unsafe", categories=["threat"])]
    import_votes(bare, tmp_path, votes)
    assert "People decide by 3 votes, and 2 a dialogue are wanted" in measured_text(lead)
    Project.objects.filter(pk=bare.pk).update(quorum=2)
    html = measured_text(lead)
    for words in (
        "The sample has 30 dialogues to go by",
        "1 dialogue never drawn",
        "Votes are missing for 7 prompts of the sample",
        "votes tie on 2 prompts of the sample",
        "Two jurors or more agree on 29 of 30 prompts of the sample",
        "people say otherwise on 20 of 29 prompts of the sample. Most often: model-a (100 %) and model-b (100 %).",
    ):
        assert words in html, words


def measured_text(lead: Visitor) -> str:
    assert command("measure", project=lead.project.slug).code == 0
    return visible_text(lead.get("quality/certified/").content.decode())


def test_promise_is_called_broken_falsely_no_more_often_than_its_risk() -> None:
    """Somebody looks after every label, for ever."""
    dice, alarms = np.random.default_rng(11), 0
    for _ in range(60):
        errors = np.cumsum(dice.random(120) < 0.1)
        alarms += "broken" in (standing_of(n + 1, int(k), error=0.1, risk=0.2) for n, k in enumerate(errors))
    assert alarms <= 0.2 * 60
    assert audit(0, 0, error=0.05, risk=0.1) == {"n": 0, "errors": 0, "lower": 0, "upper": 1, "standing": "untried"}
    said = [audit(60, errors, error=0.05, risk=0.1)["standing"] for errors in (3, 5, 20)]
    assert said == ["kept", "watch", "broken"]


def test_broken_promise_is_told_once_by_page_overview_and_webhook(project: Project, tmp_path: Path) -> None:
    program, lead = Program(project, "lead"), Visitor(project, "lead")
    route = f"projects/{project.slug}/certified/"
    webhook, _ = add_webhook(project=project, url="http://127.0.0.1:9/", kinds=["certificate.broken"])
    assert program.post(route, {"error": 0.01}).status_code == 409  # nothing can be promised so strictly
    assert program.get(route).json()["watched"] is None
    page = lead.post("quality/certified/watch/", error="0.05", risk="0.1")
    assert page.status_code == 302
    [event] = Event.objects.filter(project=project, verb="promise.watched")
    assert event.detail["thresholds"] == {"prompt_label": [2, 3]}
    command("measure", project=project.slug)
    assert standing(program, route) == (0, 0, "untried")

    late = [f"late{at}" for at in range(20)]
    import_dialogues(project, tmp_path, [dialogue(name, response=False) for name in late])
    open_slots(project=project)
    SampleDraw.objects.filter(project=project, item__external_id__in=late).update(in_sample=True)
    import_votes(project, tmp_path, [opinion(name, model) for name in late for model in MODELS])
    for count, expected in ((1, "watch"), (20, "broken")):
        votes = [opinion(name, by, "unsafe", categories=["threat"]) for name in late[:count] for by in PEOPLE]
        import_votes(project, tmp_path, votes)
        command("measure", project=project.slug)
        assert standing(program, route) == (count, count, expected)
    text = visible_text(lead.get("quality/certified/").content.decode())
    assert "Labels of the jurors are worse than promised" in text
    assert "20 20 100 %" in text
    assert "Labels of the jurors are worse than promised: prompts" in lead.get("").content.decode()

    for _ in range(2):
        command("measure", project=project.slug)
        collect_deliveries(webhook=webhook.pk)
    [told] = Delivery.objects.filter(webhook=webhook)
    message = json.loads(told.body)
    assert (message["type"], message["data"]["fields"]) == ("certificate.broken", ["prompt_label"])
    assert command("certify", project=project.slug, error=0.3, watch=True).code == 0
    assert program.get(route).json()["watched"]["broken_at"] is None
    assert "worse than promised" not in lead.get("").content.decode()
    assert program.post(route, {"error": 0.3}).json()["thresholds"]["prompt_label"]["counted"] == 3
    assert Visitor(project, "annotator").post("quality/certified/watch/").status_code == 403


def test_promise_follows_the_certificate_and_carries_what_tested_it(tmp_path: Path) -> None:
    made = make_project(fields="prompt_label", policy="certified", error=0.1)
    program, route = Program(made, "lead"), f"projects/{made.slug}/certified/"
    import_in_sample(made, tmp_path, [f"d{at:03}" for at in range(120)])
    votes = [opinion(f"d{at:03}", by) for at in range(120) for by in (*PEOPLE, *MODELS[:2])]
    import_votes(made, tmp_path, votes)
    command("measure", project=made.slug)
    first = program.get(route).json()["watched"]
    assert (first["follows"], first["thresholds"]["prompt_label"]) == (True, {"agreeing": 1, "counted": 1})
    [event] = Event.objects.filter(project=made, verb="promise.watched")
    assert (event.actor, event.detail["follows"]) == (None, True)

    late = [f"late{at}" for at in range(8)]
    import_in_sample(made, tmp_path, late)
    differing = [
        [
            *(opinion(name, by) for by in MODELS[:2]),
            *(opinion(name, by, "unsafe", categories=["threat"]) for by in PEOPLE),
        ]
        for name in late
    ]
    import_votes(made, tmp_path, differing[0])
    command("measure", project=made.slug)
    assert standing(program, route) == (1, 1, "watch")
    # A third juror who often says otherwise: the certificate has another threshold, and the error stays.
    says = [("unsafe" if at % 2 else "safe") for at in range(120)]
    third = [
        opinion(f"d{at:03}", MODELS[2], said, categories=["threat"] * (said == "unsafe"))
        for at, said in enumerate(says)
    ]
    import_votes(made, tmp_path, third)
    command("measure", project=made.slug)
    body = program.get(route).json()["watched"]
    assert body["thresholds"]["prompt_label"] == {"agreeing": 2, "counted": 3}
    assert (standing(program, route), body["made_at"] > first["made_at"]) == ((1, 1, "watch"), True)
    assert "under earlier thresholds" in visible_text(Visitor(made, "lead").get("quality/certified/").content.decode())

    import_votes(made, tmp_path, [vote for votes in differing[1:8] for vote in votes])
    command("measure", project=made.slug)
    assert standing(program, route) == (8, 8, "broken")
    Project.objects.filter(pk=made.pk).update(certified_error=0.3)
    command("measure", project=made.slug)
    assert program.get(route).json()["watched"]["broken_at"]  # no new terms take an alarm away
    assert program.post(route, {"error": 0.3}).status_code == 201
    command("measure", project=made.slug)
    watched = program.get(route).json()["watched"]
    assert (watched["broken_at"], watched["fields"][0]["n"]) == (None, 0)


def watched_project(folder: Path) -> tuple[Project, Program, str]:
    """Make a project whose people and jurors agree on the whole of a sample, with two ties; and a way to look at it."""
    made = make_project(fields="prompt_label", policy="human", quorum=2, votes_wanted=3)
    names = [f"d{at:02}" for at in range(40)]
    import_in_sample(made, folder, [*names, "tie", "later"])
    raters = (*PEOPLE, *MODELS[:2])
    import_votes(made, folder, [opinion(name, by) for name in (*names, "tie", "later") for by in MODELS[:2]])
    import_votes(made, folder, [opinion(name, by) for name in names for by in raters])
    tie(made, folder, "tie", "later")
    return made, Program(made, "lead"), f"projects/{made.slug}/certified/"


def test_settled_dialogues_test_a_promise_only_if_that_was_made_before(tmp_path: Path) -> None:
    made, program, route = watched_project(tmp_path)
    judge = Visitor(made, "adjudicator")
    for name, expected in (("tie", (0, 0, "untried")), ("later", (1, 1, "watch"))):
        settle_prompt(judge, case_of(made, name))
        if name == "tie":
            command("measure", project=made.slug)
            assert program.post(route, {"error": 0.3}).status_code == 201
        command("measure", project=made.slug)
        assert standing(program, route) == expected


def test_sample_of_the_smallest_share_tests_a_promise(tmp_path: Path) -> None:
    """Later dialogues of a larger share would be most of the sample, whatever they are of all."""
    made, program, route = watched_project(tmp_path)
    command("measure", project=made.slug)
    assert program.post(route, {"error": 0.3}).status_code == 201
    change_sample(project=made, by=None, percent=90)
    late = [f"late{at:02}" for at in range(40)]
    import_dialogues(made, tmp_path, [dialogue(name, response=False) for name in late])
    open_slots(project=made)
    import_votes(made, tmp_path, [opinion(name, by) for name in late for by in (*PEOPLE, *MODELS[:2])])
    command("measure", project=made.slug)
    tested, _, stands = standing(program, route)
    drawn = SampleDraw.objects.filter(project=made, item__external_id__in=late, in_sample=True).count()
    assert 0 < tested < drawn  # about 20 of 36
    assert stands == "kept"
    change_sample(project=made, by=None, percent=2)
    import_dialogues(made, tmp_path, [dialogue("last", response=False)])
    open_slots(project=made)
    assert SampleDraw.objects.filter(project=made, odds=0.02).exists()
    command("measure", project=made.slug)
    assert standing(program, route) == (tested, 0, "kept"), "a smaller share takes nothing away"


def import_in_sample(project: Project, folder: Path, names: list[str]) -> None:
    """Import dialogues that are all in the sample."""
    change_sample(project=project, by=None, percent=50)
    import_dialogues(project, folder, [dialogue(name, response=False) for name in names])
    open_slots(project=project)
    SampleDraw.objects.filter(project=project, item__external_id__in=names).update(in_sample=True)


def standing(program: Program, route: str) -> tuple[int, int, str]:
    """Return how many dialogues test the promise on its only field, how many of them are wrong, and how it stands."""
    [row] = program.get(route).json()["watched"]["fields"]
    return row["n"], row["errors"], row["standing"]


def level(agreeing: int, counted: int, *, sample: int, items: int, errors: int = 0) -> dict[str, int]:
    """Return a level of evidence."""
    of_sample = {"sample": sample, "errors": errors, "missing": 0}
    return {"agreeing": agreeing, "counted": counted, "items": items, "open": items, **of_sample}


def evidence_of(*fields: list[dict[str, int]]) -> dict[str, Any]:
    """Return evidence on one label field or two, by their levels."""
    names = ("prompt_label", "response_label")
    rows = [
        {"field": name, "items": 900, "by_people": 0, "levels": rows} for name, rows in zip(names, fields, strict=False)
    ]
    return {"items": 900, "uniform": 450, "undrawn": 0, "groups": [], "sample_votes": 0, "fields": rows}


def test_page_promises_what_the_policy_certifies(tmp_path: Path) -> None:
    made = make_project(fields="prompt_label", policy="certified")
    names = [f"p{at:03}" for at in range(120)]
    import_dialogues(made, tmp_path, [dialogue(name, response=False) for name in names])
    change_sample(project=made, by=None, percent=80)
    votes = [opinion(name, by) for name in names[:110] for by in PEOPLE]
    unsafe = {"categories": ["threat"]}
    votes += [opinion(name, by, "unsafe", **unsafe) for name in names[:30:15] for by in MODELS]
    votes += [opinion(name, by) for name in set(names) - set(names[:30:15]) for by in MODELS[:2]]
    votes += [opinion(name, MODELS[2], "unsafe", **unsafe) for name in names[60:90]]
    import_votes(made, tmp_path, votes)
    command("adjudicate", project=made.slug)
    [field] = command("certify", project=made.slug)["fields"]
    certified = Certificate.objects.get(project=made, is_current=True).content["fields"]["prompt_label"]
    score = field["threshold"] and Fraction(field["threshold"]["agreeing"], field["threshold"]["counted"])
    assert (score and str(score)) == certified["threshold"]
    for ours, theirs in zip(field["levels"], certified["levels"], strict=True):
        assert (ours["sample"], ours["errors"], ours["missing"]) == tuple(
            theirs[key] for key in ("sample", "errors", "missing")
        )
        assert ours["bound"] == pytest.approx(theirs["bound"])
