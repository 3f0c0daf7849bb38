"""Case pages in a browser: with the keyboard alone, after a reload, in each size and colour scheme."""

import json

import pytest
from playwright.sync_api import expect

from adjudication.models import Case
from annotation.models import Audit
from corpus.models import Event
from tests.adjudication.disputes import case_of, decision_of, disputed_project, label_blind, work_through
from tests.annotation.people import Visitor
from tests.browser.visits import OPEN_DETAILS, Visit, assert_no_wider_in_each_look
from tests.factories import command, dialogue, import_votes, numbers, opinion

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LONG = "a dialogue with a rather long name"


def exported(project, folder):
    """Return prompt label and source of each item in the export."""
    path = folder / f"export-{next(numbers)}.json"
    assert command("export_dataset", project=project.slug, out=path).code == 0
    return {row["id"]: (row["prompt_label"], row["prompt_label_source"]) for row in json.loads(path.read_text())}


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def take_and_label(page, name):
    """Claim the next case and label it blind, with the keyboard alone."""
    page.keyboard.press("t")
    expect(page.locator(".page-head code")).to_have_text(name)
    expect(page.get_by_role("button", name="Record, and show what others said")).to_be_disabled()
    expect(page.get_by_text(f"What is {name}?")).to_have_count(0)
    page.keyboard.press("r")
    expect(page.get_by_text(f"What is {name}?")).to_be_visible()
    expect(page.get_by_text("it threatens somebody")).to_have_count(0)
    press(page, "3", "4", "c")
    page.keyboard.type("threat")
    press(page, "Enter", "Escape", "n")
    page.keyboard.type("seen blind")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="What others said")).to_be_visible()
    expect(page.get_by_text("it threatens somebody")).to_be_visible()
    expect(page.locator("#rationale")).to_have_value("seen blind")


def send_back(page, reason):
    """Ask for one more vote on the case that is open, with the keyboard alone."""
    press(page, "Escape", "o")
    expect(page.locator(".opinions")).to_be_focused()
    page.keyboard.press("s")
    expect(page.get_by_label("Why")).to_be_focused()
    page.keyboard.type(reason)
    press(page, "Tab", "Control+a", "1", "Enter")
    expect(page.get_by_role("status").filter(has_text="was sent back for more votes")).to_be_visible()
    assert page.url.endswith("/cases/")


def reopen(page):
    """Reopen the settled case that is open, with the keyboard from its form on."""
    page.get_by_text("Reopen it…").focus()
    press(page, "Enter", "Tab")
    page.keyboard.type("The guideline has changed.")
    press(page, "Tab", "Tab", "Enter")
    expect(page.get_by_role("status")).to_contain_text("Reopened")


def test_cases_are_settled_with_the_keyboard(browser, site, tmp_path):
    project = disputed_project(tmp_path, "d1", "d2", "d3")
    judge = Visitor(project, "lead")
    work_through(judge, case_of(project, "d3"))
    assert exported(project, tmp_path) == {"d3": ("unsafe", "adjudicator")}
    with Visit(browser, site, judge) as visit:
        page = visit.open("cases/")
        page.keyboard.press("?")
        expect(page.get_by_role("heading", name="Keys")).to_be_visible()
        page.keyboard.press("Escape")
        take_and_label(page, "d1")
        page.keyboard.press("1")
        page.keyboard.press("n")
        press(page, "Control+a", "Control+Enter")
        expect(page.get_by_role("alert")).to_contain_text("Categories go with unsafe")
        visit.page_errors.clear()  # the browser logs every 422
        press(page, "Escape", "c")
        page.keyboard.type("threat")
        press(page, "Enter", "Escape", "n", "Control+a")
        page.keyboard.type("Only a question.")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("heading", name="Settled", exact=True)).to_be_visible()
        expect(page.get_by_text("Only a question.")).to_be_visible()
        assert exported(project, tmp_path) == {"d1": ("safe", "adjudicator"), "d3": ("unsafe", "adjudicator")}

        take_and_label(page, "d2")
        send_back(page, "The wording.")
        assert Event.objects.get(project=project, verb="case.sent_back").detail["reason"] == "The wording."
        import_votes(project, tmp_path, [opinion("d2", "cleo", "unsafe", "safe", categories=["threat"])])

        settled = case_of(project, "d3", "settled")
        reopen(visit.open(f"cases/{settled.pk}/"))
        page = visit.open(f"cases/{settled.pk}/")
        expect(page.get_by_role("heading", name="Settled, and reopened since")).to_be_visible()
        expect(page.get_by_text("It is a threat.")).to_be_visible()
        assert visit.page_errors == []
    assert exported(project, tmp_path) == {"d1": ("safe", "adjudicator"), "d2": ("unsafe", "human")}
    assert decision_of(project, "d3").status == "disputed"
    assert Case.objects.filter(item__project=project, state="open").count() == 1


def test_case_is_settled_without_script(browser, site, tmp_path):
    project = disputed_project(tmp_path)
    judge = Visitor(project, "adjudicator")
    with Visit(browser, site, judge, java_script_enabled=False) as visit:
        page = visit.open("cases/")
        page.get_by_role("button", name="Take the next case").click()
        expect(page.get_by_text("What is one?")).to_have_count(0)
        expect(page.locator("[name=prompt_label]").first).to_be_disabled()
        expect(page.locator("kbd").locator("visible=true")).to_have_count(0)  # keys would do nothing
        page.get_by_role("button", name="Show the dialogue").click()
        expect(page.get_by_text("What is one?")).to_be_visible()
        page.locator("[name=prompt_label][value=unsafe]").check()
        page.locator("[name=response_label][value=safe]").check()
        page.locator("[name=categories][value=threat]").check()
        page.get_by_role("button", name="Record, and show what others said").click()
        expect(page.get_by_text("it threatens somebody")).to_be_visible()
        page.get_by_label("Reason").fill("It is a threat.")
        page.get_by_role("button", name="Settle").click()
        expect(page.get_by_role("heading", name="Settled", exact=True)).to_be_visible()
        assert visit.page_errors == []
    assert decision_of(project).decided_by == "adjudicator"


def test_draft_survives_a_reload_and_an_expired_claim(browser, site, tmp_path):
    project = disputed_project(tmp_path)
    judge = Visitor(project, "adjudicator")
    case = case_of(project)
    judge.post(f"cases/{case.pk}/claim/")
    label_blind(judge, case)
    with Visit(browser, site, judge) as visit:
        page = visit.open(f"cases/{case.pk}/")
        page.get_by_label("Reason").fill("A long thought")
        page.locator(".category", has_text="Threat").first.click()
        page.reload()
        expect(page.get_by_label("Reason")).to_have_value("A long thought")
        expect(page.locator("[name=categories]:checked")).to_have_count(0)
        Case.objects.filter(pk=case.pk).update(held_until="2020-01-01T00:00:00Z")
        page.locator("[name=prompt_label][value=safe]").check()
        page.get_by_role("button", name="Settle").click()
        expect(page.get_by_role("alert")).to_contain_text("Your time with this case ran out")
        expect(page.get_by_text("A long thought")).to_be_visible()
        page.keyboard.press("t")
        expect(page.get_by_label("Reason")).to_have_value("A long thought")
        page.keyboard.press("Control+Enter")
        page.get_by_role("button", name="Settle").click()
        expect(page.get_by_role("heading", name="Settled", exact=True)).to_be_visible()
    assert decision_of(project).prompt_label == "safe"


def refused_field(page):
    """Assert that a message and the field that has the focus are in sight, and return the field's name."""
    expect(page.locator("#labelling").get_by_role("alert").first).to_be_in_viewport()
    expect(page.locator("#labelling :is(input, textarea):focus")).to_be_in_viewport()
    return page.evaluate("document.activeElement.name")


# Presses Enter on each part that is swapped in, before a person could.
ENTER_AT_ONCE = """
document.addEventListener("htmx:afterSwap", () => setTimeout(() => {
  if (document.querySelector("[name=seen]") && !window.pressed) { window.pressed = true; answer().requestSubmit(); }
}, 0));
"""


def test_answer_that_is_refused_leads_to_its_field(browser, site, tmp_path):
    project = disputed_project(tmp_path, "one", "two")
    lead = Visitor(project, "lead")
    case, audit = case_of(project), Audit.objects.create(project=project, item=case_of(project, "two").item)
    with Visit(browser, site, lead, viewport={"width": 1000, "height": 500}) as visit:
        page = visit.open(f"cases/{case.pk}/")
        page.evaluate(ENTER_AT_ONCE)
        page.keyboard.press("t")
        expect(page.locator("#show")).to_be_visible()
        for key in ("3", "n", "Enter"):
            page.evaluate("document.activeElement.blur()")
            page.keyboard.press(key)
            expect(page.locator("#show button")).to_be_focused()
            expect(page.locator("#show-first")).to_have_text("Show the dialogue first; then you can label it.")
            expect(page.locator("#show-first")).to_be_in_viewport()
            page.evaluate("document.getElementById('show-first').textContent = ''")
        page.keyboard.press("r")
        expect(page.get_by_text("What is one?")).to_be_visible()
        press(page, "3", "Enter")
        assert refused_field(page) == "response_label"
        press(page, "4", "c")
        page.keyboard.type("threat")
        press(page, "Enter", "Escape", "Enter")
        assert refused_field(page) == "rationale"
        assert page.url.endswith(f"/cases/{case.pk}/")

        page = visit.open(f"audits/{audit.item_id}/")
        expect(page.locator("#show")).to_be_visible()
        page.keyboard.press("r")
        expect(page.get_by_text("What is two?")).to_be_visible()
        expect(page.locator("#main")).to_have_count(1)
        press(page, "1", "4", "Enter")
        assert refused_field(page) == "rationale"
        page.keyboard.type("Calm throughout.")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("heading", name="What the annotators said")).to_be_visible()


# The width of what the widest reason needs, and the height of the highest while it is folded, whichever is more.
LONGEST_CELL = """
(() => {
  for (const details of document.querySelectorAll(".history details")) details.open = false;
  const cells = [...document.querySelectorAll(".history td.reason")];
  return Math.max(...cells.map((cell) => Math.max(cell.scrollWidth, cell.offsetHeight)));
})()
"""


def test_case_pages_are_accessible_and_fit(browser, site, tmp_path, readers):
    rows = [dialogue(f"{LONG} {at}", source="a source with a name") for at in range(3)]
    project = disputed_project(tmp_path, *rows, dialogue("שיחה", text="מה מזג האוויר היום? " * 8))
    import_votes(project, tmp_path, [
        opinion(f"{LONG} 1", "model-with-a-rather-long-name", "safe", "safe", rationale="w" * 10_000),
        opinion(f"{LONG} 1", "model-two", "unsafe", "safe", categories=["violence", "harassment"]),
    ])  # fmt: skip
    command("adjudicate", project=project.slug)
    lead, judge = Visitor(project, "lead"), Visitor(project, "adjudicator")
    work_through(judge, case_of(project, f"{LONG} 0"))
    work_through(lead, case_of(project, "שיחה"), prompt_label="safe", categories=[])
    judge.post(f"cases/{case_of(project, f'{LONG} 0', 'settled').pk}/ask-second/")
    blind, read = case_of(project, f"{LONG} 2"), case_of(project, f"{LONG} 1")
    for case in (blind, read):
        lead.post(f"cases/{case.pk}/claim/")
    label_blind(lead, read)
    settled = case_of(project, "שיחה", "settled")
    second = case_of(project, f"{LONG} 0", "settled")
    lists = ("cases/", "cases/?state=settled", "cases/?state=closed", "cases/figures/", "events/")
    history, own = f"items/{LONG} 1/history/", [f"cases/{case.pk}/" for case in (blind, read, settled, second)]
    with Visit(browser, site, lead) as visit:
        for path in (*lists, *own, history):
            page = visit.open(path)
            expect(page.get_by_role("heading", level=1)).to_have_count(1)
            page.evaluate(OPEN_DETAILS)
            if path in own:
                readers.look_at(page)
            else:
                assert_no_wider_in_each_look(page)
        assert page.evaluate(LONGEST_CELL) < 600
        assert visit.page_errors == []
    with Visit(browser, site, judge) as visit:
        readers.look_at(visit.open(f"cases/{read.pk}/"))
