"""The pages of quality: from what was measured, for leads, and as open as the project is empty."""

import pytest

from tests.annotation.people import Visitor
from tests.factories import command, import_votes, make_project, opinion
from tests.quality.test_quality import mixed_project

PAGES = ["quality/", "quality/state/", "quality/advice/", "quality/policies/", "quality/policies/?policy=human"]


@pytest.mark.parametrize("role", ["annotator", "adjudicator"])
def test_they_are_for_leads_alone(role):
    visitor = Visitor(make_project(), role)
    for page in PAGES:
        assert visitor.get(page).status_code == 403, page
    for page in ("quality/measure/", "quality/policies/change/"):
        assert visitor.post(page).status_code == 403, page
    assert "quality/" not in visitor.get("work/").content.decode()


def test_a_project_of_others_is_not_there():
    stranger, other = Visitor(make_project(), "lead"), make_project()
    for page in PAGES:
        assert stranger.client.get(f"/projects/{other.slug}/{page}").status_code == 404, page


def test_before_a_measurement_it_says_so_and_offers_one():
    lead = Visitor(make_project(), "lead")
    told = lead.get("quality/").content.decode()
    assert "Nothing has been measured yet" in told
    assert "Measure now" in told
    refused = lead.post("quality/measure/")  # no worker runs in this test
    assert (refused.status_code, "make run" in refused.content.decode()) == (409, True)


def test_an_empty_project_has_a_page_too():
    project = make_project()
    command("measure", project=project.slug)
    told = Visitor(project, "lead").get("quality/").content.decode()
    assert "no item has two opinions" in told
    assert "Nothing has changed since" in told


def test_the_page_asks_the_database_little_and_says_what_is_newer(tmp_path, django_assert_max_num_queries):
    project = mixed_project(tmp_path, items=40)
    command("measure", project=project.slug)
    lead = Visitor(project, "lead")
    lead.get("quality/")
    with django_assert_max_num_queries(12):
        answer = lead.get("quality/")
    assert "Nothing has changed since" in answer.content.decode()
    import_votes(project, tmp_path, [opinion("m000", "dora<script>")])
    assert "Something has changed since" in lead.get("quality/").content.decode()
    command("measure", project=project.slug)
    told = lead.get("quality/").content.decode()
    assert "dora&lt;script&gt;" in told
    assert "dora<script>" not in told


def test_flips_are_listed_with_counts_and_both_probabilities(tmp_path):
    project = mixed_project(tmp_path, items=80, seed=11)
    command("measure", project=project.slug)
    lead = Visitor(project, "lead")
    answer = lead.get("quality/advice/", field="prompt_label")
    flips = answer.context["advice"]["flips"]
    assert flips
    assert f"{flips[0]['safe']} to {flips[0]['unsafe']}" in answer.content.decode()
    assert lead.get("quality/advice/", field="nonsense").status_code == 200


def test_a_policy_that_does_not_fit_is_told_beside_the_form():
    lead = Visitor(make_project(fields="response_label"), "lead")
    answer = lead.get("quality/policies/", policy="aegis2")
    assert (answer.status_code, "starts from prompt_label" in answer.content.decode()) == (409, True)
    assert lead.get("quality/policies/", policy="none").status_code == 422
    assert lead.get("quality/policies/", policy="human", at="9" * 30).status_code == 200
