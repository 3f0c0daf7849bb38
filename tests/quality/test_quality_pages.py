"""The pages of quality: for leads, from the last measurement, and with little to show in an empty project."""

import re
from datetime import timedelta
from pathlib import Path

from django.utils import timezone
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries

from corpus.actions import add_question
from corpus.question_rules import PRESETS
from quality import actions
from quality.models import Measurement
from quality.queries.progress import LOST_AFTER
from quality.views.tabs import TABS
from tests.annotation.people import Visitor
from tests.cases import cases
from tests.factories import command, import_votes, make_project, opinion
from tests.quality.opinions import mixed_project
from tests.quality.pages import uneven_tables

PAGES = [
    "quality/",
    "quality/state/",
    "quality/advice/",
    "quality/certified/",
    "quality/policies/",
    "quality/policies/?policy=human",
]


@cases("role", ["annotator", "adjudicator"])
def test_pages_are_for_leads_only(role: str) -> None:
    visitor = Visitor(make_project(), role)
    for page in PAGES:
        assert visitor.get(page).status_code == 403, page
    for page in ("quality/measure/", "quality/policies/change/"):
        assert visitor.post(page).status_code == 403, page
    assert "quality/" not in visitor.get("work/").content.decode()


def test_project_of_others_is_not_found() -> None:
    stranger, other = Visitor(make_project(), "lead"), make_project()
    for page in PAGES:
        assert stranger.client.get(f"/projects/{other.slug}/{page}").status_code == 404, page


def test_unmeasured_project_offers_a_measurement(no_worker: None) -> None:
    lead = Visitor(make_project(), "lead")
    html = lead.get("quality/").content.decode()
    assert "Nothing has been measured yet" in html
    assert "Measure now" in html
    refused = lead.post("quality/measure/")  # no worker runs in this test
    assert (refused.status_code, "make run" in refused.content.decode()) == (409, True)


def test_line_polls_until_there_is_a_result_or_a_reason(no_worker: None) -> None:
    project = make_project()
    lead, long_ago = Visitor(project, "lead"), timezone.now() - timedelta(seconds=60)
    assert "every 2s" not in lead.get("quality/").content.decode()
    actions.request_measurement(project=project)
    waiting = lead.get("quality/").content.decode()
    assert "every 2s" in waiting
    assert "Waiting for a worker" in waiting
    Measurement.objects.filter(project=project).update(requested_at=long_ago)
    assert_ended(lead, "No worker is running, so nothing is measured")
    Measurement.objects.filter(project=project).update(requested_at=long_ago - LOST_AFTER)
    assert_ended(lead, "No worker has begun in 6 min")
    actions.end_measurement(project=project, error=MemoryError())
    assert_ended(lead, "The worker ran out of memory.")
    actions.request_measurement(project=project)
    command("measure", project=project.slug)
    assert_ended(lead, "Show")
    assert "?tab=raters" in lead.get("quality/state/", since="", tab="raters").content.decode()


def assert_ended(lead: Visitor, reason: str) -> None:
    """Assert that the line says why it ends, and that neither it nor the page asks again."""
    line = lead.get("quality/state/").content.decode()
    assert reason in line
    assert "every 2s" not in line + lead.get("quality/").content.decode()


def test_empty_project_has_a_page() -> None:
    project = make_project()
    command("measure", project=project.slug)
    html = Visitor(project, "lead").get("quality/").content.decode()
    assert "no item has two opinions" in html
    agreement = " ".join(Visitor(project, "lead").get("quality/", tab="agreement").content.decode().split())
    rows = [re.findall(r'<td class="number">([\d–]+)</td>', row)[:2] for row in agreement.split("<tr>")]
    assert (rows.count(["0", "0"]), rows.count(["0", "–"])) == (9, 3)  # of people with models none are counted
    assert "Nothing has changed since" in html


def test_page_needs_few_queries_and_shows_staleness(
    tmp_path: Path, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    project = mixed_project(tmp_path, items=40)
    command("measure", project=project.slug)
    lead = Visitor(project, "lead")
    lead.get("quality/")
    with django_assert_max_num_queries(13):
        response = lead.get("quality/")
    assert "Nothing has changed since" in response.content.decode()
    import_votes(project, tmp_path, [opinion("m000", "dora<script>")])
    assert "Something has changed since" in lead.get("quality/").content.decode()
    command("measure", project=project.slug)
    html = lead.get("quality/", tab="raters").content.decode()
    assert "dora&lt;script&gt;" in html
    assert "dora<script>" not in html


def test_each_tab_is_rendered_alone_with_its_summary_and_below_the_verdict(tmp_path: Path) -> None:
    project = mixed_project(tmp_path, items=60)
    add_question(project=project, by=None, **PRESETS["severity"])  # a tab that is there only with questions
    command("measure", project=project.slug)
    lead = Visitor(project, "lead")
    for tab, (name, _) in TABS.items():
        response = lead.get("quality/", tab=tab, field="response_label")
        html = response.content.decode()
        assert html.count('class="tab"') == 1, tab
        assert f'<section id="{tab}"' in html
        assert f'<h2 id="tab-name">{name}</h2>' in html
        assert f'href="?tab={tab}" aria-current="page"' in html
        assert escape(response.context["summary"]) in html
        assert "Raters agree" in html
        assert ("wanted 0.70" in html) == (tab == "agreement")
        assert "needs_caution" not in html
        assert uneven_tables(lead, f"quality/?tab={tab}&field=response_label") == []
    for odd in ({"tab": "x"}, {"field": "x"}, {"tab": "raters", "against": "x", "sort": "-x", "at": "9" * 30}):
        assert lead.get("quality/", **odd).status_code == 200
    gold = lead.get("quality/", tab="raters", sort="-accuracy").context["listing"]
    known = [row["accuracy"] for row in gold.shown if row["accuracy"] is not None]
    assert known == sorted(known, reverse=True)


def test_flips_are_listed_with_counts(tmp_path: Path) -> None:
    project = mixed_project(tmp_path, items=80, seed=11)
    command("measure", project=project.slug)
    lead = Visitor(project, "lead")
    response = lead.get("quality/advice/", field="prompt_label")
    flips = response.context["advice"]["flips"]
    assert flips
    assert f"{flips[0]['safe']} to {flips[0]['unsafe']}" in response.content.decode()
    assert lead.get("quality/advice/", field="nonsense").status_code == 200


def test_unfit_policy_is_reported_beside_the_form() -> None:
    lead = Visitor(make_project(fields="response_label"), "lead")
    response = lead.get("quality/policies/", policy="aegis2")
    assert (response.status_code, "starts from prompt_label" in response.content.decode()) == (409, True)
    assert lead.get("quality/policies/", policy="none").status_code == 422
    assert lead.get("quality/policies/", policy="human", at="9" * 30).status_code == 200
