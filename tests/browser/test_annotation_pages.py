"""Every annotation page with content, in light and dark, wide and narrow."""

from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from annotation.actions import draw_audits
from annotation.models import Batch, Vote
from config.embedded.processes import wait_until
from corpus.models import TokenGrant
from tests.annotation.people import Visitor
from tests.browser.visits import OPEN_DETAILS, Visit, assert_no_wider_in_each_look, project_of
from tests.factories import dialogue, import_votes, make_project, opinion, set_queue

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EMPTY_ELSEWHERE = ["votes/", "guideline/1/2/", "queue/", "audits/", "audits/?tab=checks", "other/"]
"Pages that the walk of every page sees empty, or not at all."
OTHERS = ["work/", "guideline/", "guideline/edit/", "wellbeing/", "people/"]
LONG = "a dialogue with a rather long name"


def project_with_everything(folder):
    """Create a project with a batch, gold, a lease, votes, an audit, two guidelines and an `other` category."""
    project = project_of(folder, *(dialogue(f"{LONG} {at:03}") for at in range(12)))
    admin, ada = Visitor(project, "site-admin"), Visitor(project)
    set_queue(project, audit_percent=100, gold_percent=0)
    admin.post("queue/batches/", name="The first of them", size=9, people=[ada.user.pk, admin.user.pk])
    for at in range(4):
        unsafe = {"prompt_label": "unsafe", "categories": ["threat", "other"], "other_text": "ticket scalping"}
        ada.vote(ada.take(), rationale="a note", **(unsafe if at % 2 else {}))
    admin.post(
        "queue/gold/", external_id="a dialogue with a rather long name 000", prompt_label="safe", response_label="safe"
    )
    form = admin.get("guideline/edit/").context["form"]
    fields = {field.name: field.value() or "" for field in form}
    admin.post("guideline/edit/", **(fields | {"summary": "Clearer", "in-threat": "A line", "out-threat": "Another"}))
    draw_audits(project=project)
    audit = next(iter(admin.get("audits/").context["shown"]))
    opinion_of_lead = {"prompt_label": "needs_caution", "response_label": "safe", "rationale": "It turns on who asks."}
    admin.post(f"audits/{audit.item_id}/show/")
    admin.post(f"audits/{audit.item_id}/", **opinion_of_lead)
    rows = [
        opinion(
            "a dialogue with a rather long name 011",
            "cleo",
            "unsafe",
            "safe",
            categories=["other"],
            other_text="Ticket-scalping",
        )
    ]
    import_votes(project, folder, rows)
    return admin, ada


def test_annotation_pages_are_accessible_and_fit(browser, site, tmp_path, readers):
    admin, ada = project_with_everything(tmp_path)
    vote = Vote.objects.filter(annotator__user=ada.user).earliest("pk")
    with Visit(browser, site, admin) as visit:
        visit.start()
        waiting = next(iter(admin.get("audits/").context["shown"]))
        own = (f"audits/{waiting.item_id}/", f"people/{ada.user.pk}/")
        for path in (*EMPTY_ELSEWHERE, *own, *OTHERS):
            page = visit.open(path)
            expect(page.get_by_role("heading", level=1)).to_have_count(1)
            page.evaluate(OPEN_DETAILS)
            if path in OTHERS:
                assert_no_wider_in_each_look(page)
            else:
                readers.look_at(page)
        assert visit.page_errors == []
    with Visit(browser, site, ada) as visit:
        readers.look_at(visit.open(f"votes/{vote.pk}/"))
        assert visit.page_errors == []


def test_batch_is_opened_assigned_and_closed(browser, site, tmp_path):
    project = project_of(tmp_path, count=6)
    lead, ada = Visitor(project, "lead"), Visitor(project)
    with Visit(browser, site, lead) as visit:
        page = visit.open("queue/")
        page.get_by_text("Open a batch", exact=True).click()
        page.get_by_label("Name").first.fill("first")
        page.get_by_label("Only from the source").fill("nowhere")
        page.get_by_role("button", name="Open batch").click()
        expect(page.get_by_role("alert").first).to_be_visible()
        expect(page.get_by_label("Name").first).to_have_value("first")
        page.get_by_label("Only from the source").fill("")
        page.get_by_label("Dialogues", exact=True).fill("4")
        page.get_by_role("button", name="Open batch").click()
        expect(page.get_by_text("Batch first is open.")).to_be_visible()
        page.get_by_text("Assign to …").click()
        page.get_by_role("table").get_by_label(ada.name).check()
        page.get_by_role("button", name="Assign first").click()
        batch = Batch.objects.get(project=project)
        assert wait_until(lambda: list(batch.people.all()) == [ada.user], seconds=30)
        expect(page.get_by_role("table").get_by_label(ada.name)).to_be_checked()
        page.get_by_role("button", name="Close first").click()
        expect(page.get_by_role("button", name="Reopen first")).to_be_visible()


def test_votes_are_searched_while_typing(browser, site, tmp_path):
    ada = Visitor(project_of(tmp_path, count=4))
    for at in range(3):
        ada.vote(ada.take(), rationale="a rare word" if at == 1 else "")
    with Visit(browser, site, ada) as visit:
        page = visit.open("votes/")
        expect(page.get_by_text("3 votes, newest first")).to_be_visible()
        page.get_by_label("Words").fill("rare")
        expect(page.get_by_text("1 vote, newest first")).to_be_visible()
        assert visit.page_errors == []


def test_odd_texts_stay_in_their_place(browser, site, tmp_path, readers):
    """Overrides of direction, invisible characters, joined emoji and endless words neither hide nor widen a page."""
    text = "\u202egnp\u200b\u2067 abc 👨\u200d👩\u200d👧 " + "W" * 2_000
    name = "one\u202e" + "x" * 190
    project = project_of(tmp_path, dialogue(name, text=text, source="y" * 200))
    with Visit(browser, site, Visitor(project, "admin"), viewport={"width": 360, "height": 900}) as visit:
        page = visit.start()
        readers.look_from_here(page)
        for path in (f"items/{quote(name)}/history/", "imports/", "items/"):
            visit.open(path)
            readers.look_from_here(page)
        assert page.get_by_text("xxx").first.bounding_box()["x"] >= 0
        page.locator(".account summary").click()
        assert page.get_by_role("button", name="Sign out").is_visible()


def test_button_pressed_twice_sends_its_form_once(browser, site):
    with Visit(browser, site, Visitor(make_project(), "lead")) as visit:
        page = visit.page
        page.goto(f"{site}/account/tokens/")
        page.get_by_label("What it is for").fill("nightly export")
        page.get_by_role("button", name="Create token").dblclick()
        expect(page.get_by_text("nightly export").first).to_be_visible()
        assert TokenGrant.objects.filter(token__user=visit.visitor.user).count() == 1
