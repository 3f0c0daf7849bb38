"""Figures, recount and policy over REST: for leads, from what was measured."""

import pytest

from corpus.models import Project
from tests.api.client import Program
from tests.factories import command, import_votes, make_project, opinion
from tests.quality.opinions import mixed_project

GETS = ["metrics/", "certified/", "policy/compare/?policy=human"]
POSTS = ["recount/", "policy/"]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return mixed_project(tmp_path_factory.mktemp("votes"))


@pytest.fixture(scope="module")
def lead(project):
    return Program(project, "lead")


@pytest.mark.parametrize("role", ["annotator", "adjudicator"])
def test_annotators_and_adjudicators_are_refused(project, role):
    program = Program(project, role)
    for route in GETS:
        assert program.get(f"projects/{project.slug}/{route}").status_code == 403, route
    for route in POSTS:
        assert program.post(f"projects/{project.slug}/{route}").status_code == 403, route


def test_project_of_others_is_not_found(project):
    stranger = Program(make_project(), "lead")
    for route in GETS:
        assert stranger.get(f"projects/{project.slug}/{route}").status_code == 404, route
    for route in POSTS:
        assert stranger.post(f"projects/{project.slug}/{route}").status_code == 404, route


def test_recount_returns_what_the_command_prints(project, lead):
    response = lead.post(f"projects/{project.slug}/recount/")
    assert response.status_code == 200
    assert response.json() | {"seconds": 0} == dict(command("adjudicate", project=project.slug)) | {"seconds": 0}


def test_metrics_are_stale_after_a_new_opinion(tmp_path):
    project = mixed_project(tmp_path, items=20)
    lead = Program(project, "lead")
    route = f"projects/{project.slug}/metrics/"
    empty = lead.get(route).json()
    assert (empty["as_of"], empty["is_current"], empty["reports"]) == (None, False, {})

    command("measure", project=project.slug)
    body = lead.get(route).json()
    kinds = {"agreement", "scores", "drift", "shares", "checks", "disagreement", "bias", "jurors", "advice"}
    assert (body["is_current"], set(body["reports"])) == (True, kinds)
    alpha = body["reports"]["agreement"]["fields"][0]["kinds"]["all"]["alpha"]["value"]
    assert alpha == pytest.approx(command("agreement", project=project.slug)["krippendorff_alpha"])

    import_votes(project, tmp_path, [opinion("m000", "dora")])
    later = lead.get(route).json()
    assert (later["is_current"], later["as_of"]) == (False, body["as_of"])
    assert later["reports"] == body["reports"]


def test_changes_are_paged_and_filtered_by_kind(project, lead):
    route = f"projects/{project.slug}/policy/compare/"
    whole = lead.get(route, policy="human", page_size=500).json()
    assert whole["total"] == len(whole["changes"]) == whole["labels"] + whole["categories"] > 4
    pages, page = [], 1
    while page:
        body = lead.get(route, policy="human", page_size=3, page=page).json()
        pages += body["changes"]
        page = body["next_page"]
    assert pages == whole["changes"]
    kind = whole["kinds"][0]
    one = lead.get(route, policy="human", **{key: kind[key] or "" for key in ("field", "before", "after")}).json()
    assert one["total"] == kind["n"]
    assert lead.get(route).status_code == 400
    assert lead.get(route, policy="human", quorum=0).status_code == 400


def test_policy_change_needs_a_reason(tmp_path):
    project = mixed_project(tmp_path, items=20)
    lead = Program(project, "lead")
    route = f"projects/{project.slug}/policy/"
    assert lead.post(route, {"policy": "human"}).status_code == 400
    body = lead.get(f"{route}compare/", policy="human", quorum=2).json()
    done = lead.post(route, {"policy": "human", "quorum": 2, "reason": "people alone"})

    assert done.status_code == 200
    assert done.json() == {key: value for key, value in body.items() if key not in ("total", "next_page", "changes")}
    changed = Project.objects.get(pk=project.pk)
    assert (changed.policy, changed.quorum) == ("human", 2)
    again = lead.post(route, {"policy": "human", "quorum": 2, "reason": "people alone"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "same_policy")
