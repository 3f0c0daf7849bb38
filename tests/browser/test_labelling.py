"""The labelling page in a browser: by keyboard, in two tabs, offline, late, without script, on a phone."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from annotation.models import Skip, Slot
from config.embedded.processes import wait_until
from tests.annotation.people import Visitor
from tests.browser.test_first_visit import accept_invitation
from tests.browser.visits import Visit, project_of, votes_of
from tests.factories import dialogue

PHONE = {"width": 360, "height": 740}
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def visit(browser, site, tmp_path):
    with Visit(browser, site, Visitor(project_of(tmp_path))) as visit:
        yield visit
        assert visit.page_errors == []


def item_shown(page):
    """Return the id of the item on the page."""
    return page.locator("#answer [name=item]").input_value()


def wait_for_another(page, item):
    """Wait until the page shows another item."""
    expect(page.locator("#answer [name=item]")).not_to_have_value(item)


def label_safe(page):
    """Show the dialogue if it is hidden, and label prompt and response safe, with the keyboard."""
    if page.locator("#show").count():
        page.keyboard.press("r")
        expect(page.locator(".turn").first).to_be_visible()
    page.keyboard.press("1")
    page.keyboard.press("4")


def take_first(page, project):
    """Go from the list of projects to the first dialogue, past the list of keys, and show it."""
    page.get_by_role("link", name=project.name).first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("navigation", name="Project").get_by_role("link", name="Label", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Take the next dialogue")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#search")).to_be_visible()
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.get_by_role("button", name="Show the dialogue")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(page.locator(".turn").first).to_be_visible()


def test_ten_votes_with_the_keyboard_alone(page, site, tmp_path):
    project = project_of(tmp_path, count=12)
    accept_invitation(page, site, project)
    take_first(page, project)
    skipped = item_shown(page)
    page.keyboard.press("s")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    wait_for_another(page, skipped)
    skipped = item_shown(page)
    page.keyboard.press("3")
    expect(page.locator("#answer :checked")).to_have_count(0)
    page.keyboard.press("Enter")  # on the button, which has the focus
    expect(page.locator(".turn").first).to_be_visible()
    page.keyboard.press("3")
    page.keyboard.press("4")
    page.keyboard.press("c")
    page.keyboard.type("threat")
    page.keyboard.press("Enter")
    page.keyboard.type("other")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Threat")).to_be_checked()
    page.keyboard.press("Tab")
    page.get_by_label("What is it?").focus()
    page.keyboard.type("ticket scalping")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.type("on the border")
    page.keyboard.press("Control+Enter")
    for _ in range(9):
        wait_for_another(page, skipped)
        skipped = item_shown(page)
        label_safe(page)
        page.keyboard.press("Enter")
    wait_for_another(page, skipped)

    votes = votes_of(project)
    assert len(votes) == 10
    assert (votes[0].categories, votes[0].other_text, votes[0].rationale) == (
        ["threat", "other"], "ticket scalping", "on the border",
    )  # fmt: skip
    assert votes[0].seconds > 0
    assert Skip.objects.filter(item__project=project).count() == 1


def test_second_tab_keeps_its_answer(visit):
    first = visit.start()
    second = visit.open("label/", visit.new_tab())
    item = item_shown(first)
    assert item_shown(second) == item
    label_safe(first)
    first.keyboard.press("Enter")
    wait_for_another(first, item)

    second.keyboard.press("2")
    second.keyboard.press("4")
    second.get_by_label("Note").fill("from the other tab")
    second.get_by_role("button", name="Vote and go on").click()
    expect(second.get_by_role("alert")).to_contain_text("perhaps in another tab")
    expect(second.get_by_text("from the other tab")).to_be_visible()
    assert [vote.prompt_label for vote in visit.votes()] == ["safe"]
    second.get_by_role("button", name="Take the next dialogue").click()
    expect(second.locator("#answer [name=item]")).to_have_value(item_shown(first))
    visit.page_errors.clear()  # the browser logs every 409


def test_going_back_shows_the_leased_item(visit):
    page = visit.start()
    item = item_shown(page)
    label_safe(page)
    page.keyboard.press("Enter")
    wait_for_another(page, item)
    second = item_shown(page)
    page.go_back()
    page.go_forward()

    expect(page.locator("#answer [name=item]")).to_have_value(second)
    assert len(visit.votes()) == 1


def test_double_click_casts_one_vote(visit):
    page = visit.start()
    item = item_shown(page)
    label_safe(page)
    page.get_by_role("button", name="Vote and go on").dblclick()
    wait_for_another(page, item)
    page.wait_for_load_state("networkidle")  # a second vote would have been sent

    assert len(visit.votes()) == 1
    expect(page.locator(".error")).to_have_count(0)


def test_offline_vote_is_sent_later(visit):
    page = visit.start()
    item = item_shown(page)
    label_safe(page)
    page.get_by_label("Note").fill("written on a train")
    visit.context.set_offline(True)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status")).to_contain_text("No connection")
    expect(page.get_by_label("Note")).to_have_value("written on a train")
    visit.context.set_offline(False)
    wait_for_another(page, item)

    assert [vote.rationale for vote in visit.votes()] == ["written on a train"]
    expect(page.get_by_text("No connection")).to_have_count(0)
    visit.page_errors.clear()  # the browser logs the failed call


def test_draft_survives_a_reload(visit):
    page = visit.start()
    page.keyboard.press("3")
    page.locator(".category", has_text="Threat").click()
    page.get_by_label("Note").fill("half a thought")
    page.reload()
    expect(page.locator("#search")).to_be_visible()
    expect(page.get_by_label("Note")).to_have_value("half a thought")
    expect(page.locator("[name=prompt_label][value=unsafe]")).to_be_checked()
    expect(page.get_by_label("Threat")).to_be_checked()


def test_late_answer_is_shown_again(visit, readers):
    page = visit.start()
    project, item = visit.visitor.project, item_shown(page)
    Slot.objects.filter(project=project, item__external_id=item).update(
        leased_until=timezone.now() - timedelta(seconds=1)
    )
    bea = Visitor(project)
    while (bea_lease := bea.take()) and bea_lease.item.external_id != item:
        bea.vote(bea_lease)
    bea.vote(bea_lease)
    page.keyboard.press("2")
    page.keyboard.press("5")
    page.get_by_label("Note").fill("a long thought")
    page.keyboard.press("Control+Enter")

    expect(page.get_by_role("alert")).to_contain_text("The time for this dialogue ran out")
    expect(page.get_by_text("a long thought")).to_be_visible()
    readers.look_from_here(page)
    visit.page_errors.clear()  # the browser logs every 409


def test_signed_out_page_keeps_the_draft(visit):
    page = visit.start()
    item = item_shown(page)
    label_safe(page)
    page.get_by_label("Note").fill("nearly done")
    visit.context.clear_cookies(name="sessionid")
    page.keyboard.press("Control+Enter")

    expect(page.get_by_role("status")).to_contain_text("You are signed out")
    expect(page.get_by_label("Note")).to_have_value("nearly done")
    page.get_by_role("link", name="Sign in").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    visit.sign_in()
    page.goto(page.url.split("?next=")[0].replace("/sign-in/", f"/projects/{visit.visitor.project.slug}/label/"))
    expect(page.get_by_label("Note")).to_have_value("nearly done")
    assert item_shown(page) == item
    assert visit.votes() == []
    visit.page_errors.clear()  # the browser logs every 401


def test_stale_page_keeps_the_draft(visit):
    page = visit.start()
    label_safe(page)
    page.get_by_label("Note").fill("from the day before")
    visit.context.clear_cookies(name="csrftoken")
    page.get_by_role("button", name="Vote and go on").click()
    page.get_by_role("link", name="Load the page again").click()
    expect(page.get_by_label("Note")).to_have_value("from the day before")
    item = item_shown(page)
    page.get_by_role("button", name="Vote and go on").click()
    wait_for_another(page, item)

    assert [vote.rationale for vote in visit.votes()] == ["from the day before"]
    visit.page_errors.clear()  # the browser logs every 403


def test_invalid_answer_is_explained(visit, readers):
    page = visit.start()
    page.keyboard.press("3")
    page.keyboard.press("4")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Name at least one category")
    expect(page.locator("[name=prompt_label][value=unsafe]")).to_be_checked()
    readers.look_from_here(page)
    visit.page_errors.clear()  # the browser logs every 422


def test_time_goes_on_after_a_refused_answer(visit):
    page = visit.start()
    item = item_shown(page)
    page.keyboard.press("3")
    page.keyboard.press("4")
    page.wait_for_timeout(2000)  # the person reads
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Name at least one category")
    page.locator(".category", has_text="Threat").click()
    page.keyboard.press("Enter")
    wait_for_another(page, item)
    second = item_shown(page)
    label_safe(page)
    page.keyboard.press("Enter")
    wait_for_another(page, second)

    first, then = (vote.seconds for vote in visit.votes())
    assert first >= 2
    assert then < first  # the time of another dialogue begins anew
    visit.page_errors.clear()  # the browser logs every 422


def test_last_vote_can_be_corrected(visit):
    page = visit.start()
    item = item_shown(page)
    label_safe(page)
    page.keyboard.press("Enter")
    wait_for_another(page, item)
    waiting = item_shown(page)
    page.keyboard.press("u")
    expect(page.get_by_role("heading", name="My vote on")).to_be_visible()
    page.wait_for_load_state("load")  # until then nothing listens to keys
    page.keyboard.press("Enter")  # the dialogue is hidden here, too
    expect(page.locator(".turn").first).to_be_visible()
    page.keyboard.press("2")
    page.keyboard.press("Enter")

    expect(page.locator("#answer [name=item]")).to_have_value(waiting)
    assert [(vote.prompt_label, vote.is_current) for vote in visit.votes()] == [
        ("safe", False), ("needs_caution", True),
    ]  # fmt: skip


def show_vote(page):
    """Show the hidden dialogue of a vote."""
    page.get_by_role("button", name="Show the dialogue").click()
    expect(page.locator(".turn").first).to_be_visible()


def save_correction(page):
    """Save the correction, and wait until the page is another one."""
    page.get_by_role("button", name="Save the correction").click()
    expect(page.locator("#answer")).to_have_count(0)


def test_correction_of_a_second_tab_is_shown_again(visit, readers):
    page = visit.start()
    item = item_shown(page)
    label_safe(page)
    page.keyboard.press("Enter")
    wait_for_another(page, item)
    place = f"votes/{visit.votes()[0].pk}/"
    first, tab, late = (visit.open(place, each) for each in (page, visit.new_tab(), visit.new_tab()))
    for each in (first, tab):
        show_vote(each)
    first.keyboard.press("2")
    save_correction(first)
    tab.keyboard.press("3")
    tab.locator(".category", has_text="Threat").click()
    tab.get_by_label("Note").fill("from the other tab")
    save_correction(tab)
    expect(tab.get_by_role("alert")).to_contain_text("corrected this vote already")
    expect(tab.get_by_text("from the other tab")).to_be_visible()
    readers.look_from_here(tab)
    tab.keyboard.press("?")
    expect(tab.get_by_role("heading", name="Keys")).to_be_visible()
    tab.keyboard.press("Escape")
    tab.get_by_role("button", name="Open the newer vote").click()
    expect(tab.get_by_text("It is a correction")).to_be_visible()

    late.get_by_role("button", name="Show the dialogue").click()  # it is the newer vote's by now
    expect(late.locator("[name=prompt_label][value=needs_caution]")).to_be_checked()
    show_vote(late)
    late.keyboard.press("1")
    save_correction(late)
    assert [vote.prompt_label for vote in visit.votes()] == ["safe", "needs_caution", "safe"]
    visit.page_errors.clear()  # the browser logs the 409


def test_labelling_works_without_script(browser, site, tmp_path):
    visitor = Visitor(project_of(tmp_path))
    with Visit(browser, site, visitor, java_script_enabled=False) as visit:
        page = visit.start()
        item = item_shown(page)
        page.locator("[name=prompt_label][value=unsafe]").check()
        page.locator("[name=response_label][value=safe]").check()
        page.locator("[name=categories][value=other]").check()
        page.get_by_label("What is it?").fill("something new")
        page.get_by_role("button", name="Vote and go on").click()
        wait_for_another(page, item)
        expect(page.locator(".turn")).to_have_count(0)
        expect(page.get_by_role("button", name="Vote and go on")).to_be_disabled()
        page.locator("#skip summary").click()
        page.locator("#skip input[type=radio]").first.check()
        page.get_by_role("button", name="Skip it").click()
        page.get_by_role("button", name="Menu").click()
        page.get_by_role("link", name="My votes").click()
        page.get_by_role("link", name=item).click()
        page.get_by_role("button", name="Show the dialogue").click()
        page.get_by_label("Note").fill("added later")
        page.get_by_role("button", name="Save the correction").click()

        assert wait_until(lambda: len(visit.votes()) == 2, seconds=30)
        assert [(vote.categories, vote.other_text, vote.rationale) for vote in visit.votes()] == [
            (["other"], "something new", ""), (["other"], "something new", "added later"),
        ]  # fmt: skip


def test_right_to_left_text_fits_a_phone(browser, site, tmp_path, readers):
    rows = [dialogue("שיחה", text="מה מזג האוויר היום? " * 8 + "<b>x</b>"), dialogue("long", text="w" * 400)]
    with Visit(browser, site, Visitor(project_of(tmp_path, *rows)), viewport=PHONE) as visit:
        page = visit.start()
        for _ in range(2):
            if page.locator("#show").count():
                page.keyboard.press("r")
            expect(page.locator(".turn").first).to_be_visible()
            is_hebrew = item_shown(page) == "שיחה"
            turn = page.locator(".turn p").first
            assert turn.evaluate("element => getComputedStyle(element).direction") == ("rtl" if is_hebrew else "ltr")
            expect(turn.locator("b")).to_have_count(0)
            readers.look_from_here(page)
            item = item_shown(page)
            label_safe(page)
            page.keyboard.press("Enter")
            expect(page.locator(f"#answer [name=item][value='{item}']")).to_have_count(0)
        expect(page.get_by_role("heading", name="Nothing left, thank you")).to_be_visible()
        readers.look_from_here(page)
        assert visit.page_errors == []


# Sums up what moved by itself: not within half a second of what a person did.
WATCH_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts.push(entry.value);
}).observe({type: "layout-shift", buffered: true});
"""
COVERED = """
(elements) => elements.filter((element) => {
  element.scrollIntoView({block: "nearest"});
  const box = element.getBoundingClientRect();
  const found = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return found === null || !(element.closest("label") ?? element).contains(found);
}).map((element) => element.name || element.className)
"""
LONG_TURNS = [
    {"role": "assistant" if at % 2 else "user", "text": f"Turn {at}. " + "A calm morning by the river. " * 12}
    for at in range(12)
]


def test_nothing_moves_and_nothing_is_covered_while_labelling(browser, site, tmp_path):
    rows = [{"id": name, "turns": LONG_TURNS} for name in ("one", "two", "three")]
    visitor = Visitor(project_of(tmp_path, *rows))
    for width, height in ((1440, 900), (360, 740), (720, 450)):  # the last is the first at 200 %
        with Visit(browser, site, visitor, viewport={"width": width, "height": height}) as visit:
            visit.context.add_init_script(WATCH_SHIFTS)
            page = visit.start()
            for key in ("3", "4"):
                page.keyboard.press(key)
            for name in ("violence", "other"):
                page.locator(f"[name=categories][value={name}]").check()
            page.locator(".category").nth(9).hover()
            page.get_by_label("What is it?").fill("something new")
            choices = page.locator("#answer input:visible, #answer textarea, .submit")
            assert choices.count() > 20
            assert choices.evaluate_all(COVERED) == []
            if height > 500:
                page.locator(".turn").nth(8).evaluate("turn => turn.scrollIntoView({block: 'end'})")
                expect(page.locator(".submit")).to_be_in_viewport()
                expect(page.locator(".turn h2").nth(8)).to_be_in_viewport()
            page.wait_for_timeout(600)  # from here on nothing counts as moved by the person
            assert sum(page.evaluate("window.shifts")) < 0.01, width
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
            page.keyboard.press("Control+Enter")
            expect(page.locator("#answer :checked")).to_have_count(0)
    assert [vote.other_text for vote in votes_of(visitor.project)] == ["something new"] * 3


def test_next_dialogue_comes_in_one_trip(visit):
    page = visit.start()
    calls = []
    page.on("request", lambda request: calls.append(request.url.rsplit("/label/", 1)[-1]))
    item = item_shown(page)
    label_safe(page)
    page.keyboard.press("Enter")
    wait_for_another(page, item)
    page.keyboard.press("r")
    expect(page.locator(".turn").first).to_be_visible()
    assert calls == ["vote/", "show/"]
