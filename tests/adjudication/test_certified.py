"""The policy `certified`: people first, then jurors where the blind sample certifies them, and why not otherwise."""

from fractions import Fraction
from typing import Any

import pytest

from adjudication.actions import change_policy, preview_changes, recount, recount_if_changed
from adjudication.actions.policy_change import compare, proposal
from adjudication.certifying.certificates import Score, certificate_of, thresholds_of
from adjudication.models import Certificate, Decision
from adjudication.policies import Promise, policy_of
from adjudication.queries.evidence import read_scores
from annotation.actions import change_sample
from annotation.models import SampleDraw, Slot
from annotation.slots import open_slots
from corpus.errors import Invalid
from corpus.labels import Field
from corpus.models import Event, Project
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

ITEMS = 60
PEOPLE = ("ada", "bea", "cleo")
JURORS = ("model-1", "model-2", "model-3")


def labelled_project(folder: Any, *, wrong: int = 0, waiting: int = 0, **options: Any) -> Project:
    """Make a project of 60 items all in the sample; jurors err on some, and some lack the votes of people."""
    project = make_project(fields="prompt_label", **options)
    names = [f"i{n:02}" for n in range(ITEMS)]
    import_dialogues(project, folder, [dialogue(name) for name in names])
    rows = [opinion(name, juror, "unsafe" if n < wrong else "safe") for n, name in enumerate(names) for juror in JURORS]
    rows += [opinion(name, person, "safe") for name in names[: ITEMS - waiting] for person in PEOPLE]
    assert import_votes(project, folder, rows).code == 0
    change_sample(project=project, by=None, percent=100)
    return project


def certificate(project: Project) -> dict[str, Any]:
    return Certificate.objects.get(project=project, is_current=True).content["fields"]["prompt_label"]


def sampled_project(folder: Any, **options: Any) -> tuple[Project, list[str], list[str]]:
    """Make a project of 300 items, a fifth in the sample, of which two lack votes; return the sample and the others."""
    project = make_project(fields="prompt_label", policy="certified")
    Project.objects.filter(pk=project.pk).update(**options)
    names = [f"i{n:03}" for n in range(300)]
    import_dialogues(project, folder, [dialogue(name) for name in names])
    change_sample(project=project, by=None, percent=20)
    drawn = SampleDraw.objects.filter(project=project, in_sample=True).values_list("item__external_id", flat=True)
    sample, others = sorted(drawn), sorted(set(names) - set(drawn))
    rows = [opinion(name, juror, "safe") for name in sample for juror in JURORS]
    rows += [opinion(name, juror, "unsafe", categories=["threat"]) for name in others for juror in JURORS]
    rows += [opinion(name, person, "safe") for name in sample[2:] for person in PEOPLE]
    assert import_votes(project, folder, rows).code == 0
    return project, sample, others


def test_jurors_decide_what_the_sample_certifies_and_people_all_else(tmp_path: Any) -> None:
    project, sample, others = sampled_project(tmp_path)
    recount(project=project)
    assert certificate(project)["threshold"] is None  # two missing votes count as errors
    assert f"not decided 2 of {len(sample)}" in certificate(project)["reason"]
    pending = Decision.objects.filter(item__project=project, policy="certified", status="pending")
    assert pending.count() == len(others) + 2

    promise = {"error": 0.15, "risk": 0.2}
    change_policy(project=project, by=None, policy="certified", quorum=None, caution=None, reason="Enough.", **promise)
    found = certificate(project)
    assert (found["threshold"], found["sample"], found["errors"], found["missing"]) == ("1", len(sample), 0, 2)
    assert (found["alone"], found["reason"]) == (len(others) + 2, "")
    assert not pending.exists()
    sources = Decision.objects.filter(item__project=project, policy="certified").values_list("prompt_source", flat=True)
    assert sorted(sources) == ["human"] * (len(sample) - 2) + ["llm_jury"] * (len(others) + 2)
    assert Decision.objects.filter(item__project=project, categories=["threat"]).count() == len(others)
    event = Event.objects.filter(project=project, verb="project.policy_changed").get()
    assert event.detail["to"]["certified_error"] == 0.15


def test_what_jurors_decide_alone_asks_no_votes_but_the_sample_does(tmp_path: Any) -> None:
    project, sample, others = sampled_project(tmp_path, certified_error=0.15, certified_risk=0.2)
    open_slots(project=project)
    wanting = Slot.objects.filter(project=project, vote=None)
    assert wanting.count() == 3 * (len(others) + 2)
    recount(project=project)
    assert set(wanting.values_list("item__external_id", flat=True)) == set(sample[:2])
    # A lead who promises more takes the labels back, and people are asked again.
    change_policy(project=project, by=None, policy="certified", quorum=None, caution=None, reason="No.", error=0.001)
    assert wanting.count() == 3 * (len(others) + 2)


def test_nothing_is_promised_while_items_were_never_drawn(tmp_path: Any) -> None:
    project, *_ = sampled_project(tmp_path, certified_error=0.15, certified_risk=0.2)
    recount(project=project)
    assert certificate(project)["threshold"] == "1"
    change_sample(project=project, by=None, percent=0)
    import_dialogues(project, tmp_path, [dialogue("later")])
    recount(project=project)
    found = certificate(project)
    assert (found["threshold"], found["alone"]) == (None, 0)
    assert found["reason"] == "1 items were never drawn for the sample: set its share above 0 %, so that they are."
    assert Decision.objects.filter(item__project=project, prompt_source="llm_jury").count() == 0
    change_sample(project=project, by=None, percent=20)
    recount(project=project)
    assert certificate(project)["threshold"] == "1"
    import_dialogues(project, tmp_path, [dialogue("last")])
    recount(project=project)  # which draws it
    assert certificate(project)["threshold"] == "1"


def test_a_certificate_is_made_anew_only_when_it_says_something_else(tmp_path: Any) -> None:
    project = labelled_project(tmp_path, policy="certified")
    first = recount(project=project)
    recount(project=project)
    assert Certificate.objects.filter(project=project).count() == 1
    assert recount_if_changed(project=project).counted_at > first.counted_at
    same = recount_if_changed(project=project)
    import_dialogues(project, tmp_path, [dialogue("later")])
    change_sample(project=project, by=None, percent=50)
    assert recount_if_changed(project=project).fingerprint["sample"] != same.fingerprint["sample"]


def test_jurors_that_err_decide_nothing(tmp_path: Any) -> None:
    project = labelled_project(tmp_path, wrong=9, waiting=0)
    proposed = proposal(project, policy="certified", quorum=None, caution=None)
    assert compare(project, proposed).proposed.thresholds == {}
    assert command("adjudicate", project=project.slug, policy="certified")["decided"] == ITEMS
    assert certificate(project)["reason"] == (
        "Where most jurors agree, people say otherwise on 9 of 60 items of the sample."
    )
    [score] = read_scores(project, policy_of(project, "certified"))[Field.PROMPT]
    assert score == Score(Fraction(1), 60, 9, 0, 60, 9, 0)


def test_certificate_names_thresholds_and_reasons() -> None:
    strict = Score(Fraction(1), 100, 0, 0, 1000, 0, 900)
    loose = Score(Fraction(2, 3), 50, 20, 0, 500, 20, 450)
    found = certificate_of({Field.PROMPT: [strict, loose], Field.RESPONSE: []}, Promise(0.05, 0.10))
    assert thresholds_of(found) == {Field.PROMPT: Fraction(1)}
    assert [level["accepted"] for level in found["fields"]["prompt_label"]["levels"]] == [True, False]
    assert found["fields"]["response_label"]["reason"].startswith("No item of the blind sample")
    few = certificate_of({Field.PROMPT: [Score(Fraction(1), 9, 0, 0, 99, 0, 90)]}, Promise(0.05, 0.10))
    assert "about 59 without an error" in few["fields"]["prompt_label"]["reason"]


def test_settings_of_the_promise_are_checked_and_told(tmp_path: Any) -> None:
    project = make_project()
    for name, value in [("error", 0.0), ("error", 0.6), ("risk", 1.0)]:
        with pytest.raises(Invalid) as refused:
            proposal(project, policy="certified", quorum=None, caution=None, **{name: value})
        assert refused.value.field == name
    assert command("change_policy", "certified", project=project.slug, error="much", reason="x").code == 2
    told = command("change_policy", "certified", project=project.slug, error="0.02", risk="0.2", reason="Fewer votes.")
    assert (told["policy"], told["error"], told["risk"]) == ("certified", 0.02, 0.2)
    project.refresh_from_db()
    assert (project.certified_error, project.certified_risk) == (0.02, 0.2)


def test_score_is_changed_by_command_page_and_route_and_told_only_where_it_is_not_the_usual_one() -> None:
    project = make_project(policy="certified")
    plain = command("change_policy", project=project.slug, score_by="share", dry_run=True)
    assert (plain.code, plain["score_by"]) == (0, None)
    assert command("change_policy", project=project.slug, score_by="share", reason="x").code == 2  # as it was
    told = command("change_policy", project=project.slug, score_by="probability", reason="Surer.")
    assert (told["policy"], told["score_by"]) == ("certified", "probability")
    same = command("change_policy", project=project.slug, error="0.1", dry_run=True)
    assert (same["error"], same["score_by"]) == (0.1, "probability")
    event = Event.objects.get(project=project, verb="project.policy_changed")
    assert (event.detail["from"]["certified_score_by"], event.detail["to"]["certified_score_by"]) == (
        None,
        "probability",
    )

    program, lead = Program(project, "lead"), Visitor(project, "lead")
    route = f"projects/{project.slug}/policy/compare/"
    found = program.get(route, policy="certified", score_by="share").json()
    assert found["from"]["score_by"] == "probability"
    assert "score_by" not in found["to"]
    assert program.get(route, policy="certified", score_by="sure").status_code == 400
    page = lead.get("quality/policies/", policy="certified", score_by="probability").content.decode()
    assert "<dd>Mean probability of the label</dd>" in page
    assert "The project has this policy already" in page
    assert "&amp;score_by=probability" in page
    terms = {"policy": "certified", "reason": "Back.", "is_sure": "on"}
    assert lead.post("quality/policies/change/", **terms).status_code == 302
    project.refresh_from_db()
    assert project.certified_score_by is None
    with pytest.raises(Invalid):
        proposal(project, policy="certified", quorum=None, caution=None, score_by="sure")


def test_a_question_about_caution_keeps_what_is_promised() -> None:
    project = make_project()
    settings = {"policy": "certified", "quorum": None, "caution": None, "error": 0.02, "reason": "Fewer votes."}
    change_policy(project=project, by=None, **settings)
    page = Visitor(Project.objects.get(pk=project.pk), "lead").client.get(f"/projects/{project.slug}/quality/policies/")
    assert "?policy=certified&amp;quorum=&amp;caution=unsafe&amp;error=0.02&amp;risk=" in page.content.decode()


def test_preview_and_history_know_what_jurors_decide_alone(tmp_path: Any) -> None:
    project, sample, others = sampled_project(tmp_path, certified_error=0.15, certified_risk=0.2)
    recount(project=project)
    project.refresh_from_db()
    retire = [{"change": "retire", "slug": "threat", "counts_as": []}]
    seen = preview_changes(project=project, changes=retire)
    assert seen.summary["dialogues"] == len(others)
    assert seen.decisions.statuses["decided"] == (298 + 2, 298 + 2)
    lead = Visitor(project, "lead")
    for name in (others[0], sample[-1]):
        [entry] = [each for each in lead.get(f"items/{name}/history/").context["entries"] if each.kind == "decision"]
        assert (entry.is_current, entry.what) == (True, "decided under certified")
