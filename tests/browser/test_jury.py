"""Jury pages in a browser, in light and dark, and with the keyboard alone."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from jury import actions, queries
from jury.models import Ballot, Juror, Run, Shard
from tests.annotation.people import Visitor
from tests.browser.visits import OPEN_DETAILS, Visit
from tests.jury.factories import add_generator, add_jurors, generate, project_with_items, run_shards

pytestmark = [pytest.mark.browser, pytest.mark.slow]

UNTIL_IT_ASKS = 3_000
"Milliseconds after which the page of a run asks how far it is."


@pytest.fixture
def project_with_runs(tmp_path, stub_url):
    """Return a project with jurors, a finished run and a running one."""
    project = project_with_items(tmp_path, 12)
    add_jurors(project, stub_url, "stub-0.9:prose", "stub-0.8", price_in="2", price_out="8", rpm=60000)
    generate(project, add_generator(project, stub_url))
    run = actions.start_run(project=project, jurors=queries.panel(project))
    run_shards(run)
    assert Run.objects.get(pk=run.pk).state == Run.State.FINISHED
    under_way = actions.start_run(project=project, jurors=queries.panel(project), asks_again=["unreadable"])
    # The site has a worker and a schedule, which leave shards alone that another worker has claimed.
    Shard.objects.filter(run=under_way).update(holder="another", seen_at=timezone.now() + timedelta(hours=1))
    return project


def test_jury_pages_are_accessible_and_fit(browser, site, project_with_runs, readers):
    lead = Visitor(project_with_runs, "lead")
    first, last = Run.objects.filter(project=project_with_runs, generates="").order_by("pk")
    ballot = Ballot.objects.filter(run=first, outcome="unreadable").earliest("pk")
    # The walk of every page sees a run that has finished, and a ballot that was cast.
    with Visit(browser, site, lead) as visit:
        for path in (f"runs/{first.pk}/?outcome=unreadable", f"runs/{last.pk}/", f"ballots/{ballot.pk}/"):
            page = visit.open(f"jury/{path}")
            page.evaluate(OPEN_DETAILS)
            readers.look_at(page)
        assert visit.page_errors == []


def test_page_of_a_run_stops_asking_once_its_reader_is_signed_out(browser, site, project_with_runs):
    run = Run.objects.filter(project=project_with_runs, state="running").latest("pk")
    with Visit(browser, site, Visitor(project_with_runs, "lead")) as visit:
        visit.page.clock.install()
        page = visit.open(f"jury/runs/{run.pk}/")
        assert page.locator("#progress[hx-get]").count() == 1
        visit.context.clear_cookies()
        page.clock.fast_forward(UNTIL_IT_ASKS)
        expect(page.get_by_role("status")).to_contain_text("You are signed out.")
        expect(page.locator("#progress")).to_contain_text("Running")
        assert page.locator("#progress[hx-get]").count() == 0


def test_keyboard_adds_juror_and_pauses_run(browser, site, project_with_runs):
    with Visit(browser, site, Visitor(project_with_runs, "site-admin")) as visit:
        visit.page.clock.install()
        page = visit.open("jury/")
        page.get_by_role("button", name="Add juror").focus()
        page.keyboard.press("Enter")
        page.get_by_label("Name", exact=True).focus()
        page.wait_for_load_state("load")  # Enter sends no form whose button has not come yet
        page.keyboard.type("two")
        page.keyboard.press("Tab")
        page.keyboard.type("stub-0.7")
        page.keyboard.press("Tab")
        page.keyboard.type("http://127.0.0.1:1/v1")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("two is on the panel.")
        assert Juror.objects.get(project=project_with_runs, name="two").model == "stub-0.7"

        page.get_by_role("link", name="Runs").click()
        page.locator("tbody a").first.click()
        expect(page.locator("#progress")).to_contain_text("Running")
        page.get_by_role("button", name="Pause").focus()
        with page.expect_response(lambda response: "jury/runs" in response.url):
            page.clock.fast_forward(UNTIL_IT_ASKS)
        expect(page.get_by_role("button", name="Pause")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#progress")).to_contain_text("Paused")
        assert visit.page_errors == []
