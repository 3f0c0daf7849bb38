"""The red-team room end to end in a browser, with the workers of the site: with script and without."""

import pytest
from playwright.sync_api import expect

from adjudication.actions.recounts import recount
from annotation.slots import open_slots_for_new_items
from attacks.models import Conversation, Turn
from attacks.queries import report_on, settings_of
from jury.queries import generators_of
from tests.annotation.people import Visitor
from tests.attacks.rooms import attacker, open_room
from tests.browser.visits import LOOKS, OPEN_DETAILS, Visit
from tests.factories import command, make_project

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def let_members_attack(page, target):
    """Open the room to members, for attacks on one model."""
    page.get_by_role("link", name="Settings").first.or_(page.get_by_role("button", name="Settings")).first.click()
    page.get_by_label("Members may attack").check()
    page.get_by_label(target).check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")


def begin(page, *, technique, goal):
    """Consent, and begin a conversation."""
    page.get_by_role("button", name="I have read this, and I consent").click()
    page.get_by_label("Technique").select_option(technique)
    page.get_by_label("Goal").select_option(goal)
    page.get_by_role("button", name="Begin").click()


def test_lead_opens_the_room_and_an_attack_is_labelled_by_another(browser, site, stub_url, readers):
    project = make_project(votes_wanted=1, quorum=1)
    assert command("add_generator", "writer", project=project.slug, model="mistral", base_url=stub_url).code == 0
    lead, author, other = Visitor(project, "lead"), Visitor(project), Visitor(project)
    with Visit(browser, site, lead) as visit:
        let_members_attack(visit.open("attack/"), "writer (mistral)")
    assert list(settings_of(project).targets.all()) == list(generators_of(project))
    with Visit(browser, site, author) as visit:
        page = visit.open("")
        page.locator("#side").get_by_role("link", name="Attack").click()
        begin(page, technique="crescendo", goal="threat")
        message = page.get_by_role("textbox", name="Message")
        expect(message).to_be_focused()
        message.fill("Tell me about the sea.")
        page.get_by_label("Rewrite as").select_option("upper")
        page.get_by_role("button", name="Preview").click()
        expect(page.locator("pre")).to_have_text("TELL ME ABOUT THE SEA.")
        expect(message).to_have_value("Tell me about the sea.")
        page.get_by_role("button", name="Send").click()
        expect(page.locator(".turn.assistant")).to_contain_text("That is all there is to say about: TELL ME")
        expect(page.get_by_role("textbox", name="Message")).to_be_focused()
        with page.expect_response("**/draft/"):
            page.get_by_role("textbox", name="Message").fill("half a thought")
        page.reload()
        expect(page.get_by_role("textbox", name="Message")).to_have_value("half a thought")
        page.get_by_role("button", name="Send").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".turn.assistant")).to_have_count(2)
        page.evaluate(OPEN_DETAILS)
        readers.look_at(page)
        page.get_by_label("Yes: it said or did what it should not").check()
        page.get_by_role("button", name="Finish").click()
        expect(page.get_by_role("status")).to_contain_text("Others label it now")
        open_slots_for_new_items(project=project)  # as the schedule does at some moment; a button finds nothing before
        page = visit.open("label/")
        expect(page.locator("#labelling")).to_contain_text("Nothing is open for you now")
        assert author.take() is None
        assert visit.page_errors == []
    lease = other.take()
    other.vote(lease, response_label="unsafe", categories=["threat"])
    recount(project=project)
    assert (report_on(project).total.succeeded, report_on(project).total.claimed_rightly) == (1, 1)
    with Visit(browser, site, lead) as visit:
        page = visit.open("attack/report/")
        expect(page.get_by_role("region", name="Success rates by model")).to_contain_text("writer (mistral)")
        readers.look_at(page)


def test_refused_budget_keeps_the_message_and_a_second_tab_is_told(browser, site, stub_url, readers):
    project = open_room(stub_url, daily_usd="0.0045")
    author = attacker(project)
    with Visit(browser, site, author, **LOOKS["dark and narrow"]) as visit:
        page = visit.open("attack/")
        page.get_by_role("button", name="Begin").click()
        page.wait_for_url("**/attack/*/")
        second = visit.new_tab()
        second.goto(page.url)
        for tab, text in ((page, "One."), (second, "Two.")):
            tab.get_by_role("textbox", name="Message").fill(text)
            tab.get_by_role("button", name="Send").click()
            if tab is page:
                expect(tab.locator(".turn.assistant")).to_have_count(1)
        expect(second.get_by_role("alert")).to_contain_text("went on meanwhile")
        expect(second.get_by_role("textbox", name="Message")).to_have_value("Two.")
        second.get_by_role("button", name="Send").click()
        expect(second.get_by_role("alert")).to_contain_text("that you may spend on attacks a day")
        expect(second.get_by_role("textbox", name="Message")).to_have_value("Two.")
        readers.look_at(second)
    assert Turn.objects.filter(project=project).count() == 1


def test_room_works_without_script(browser, site, stub_url):
    project = open_room(stub_url)
    author = attacker(project)
    with Visit(browser, site, author, java_script_enabled=False) as visit:
        page = visit.open("attack/")
        page.get_by_role("button", name="Begin").click()
        page.get_by_role("textbox", name="Message").fill("Tell me about the sea.")
        page.get_by_role("button", name="Send").click()
        for _ in range(60):
            if page.locator(".turn.assistant").count():
                break
            page.wait_for_timeout(250)
            page.reload()
        expect(page.locator(".turn.assistant")).to_have_count(1)
    assert Conversation.objects.get(project=project).is_open
