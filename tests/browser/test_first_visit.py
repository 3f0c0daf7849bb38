"""An invited person reaches the first page with the keyboard alone."""

import pytest
from playwright.sync_api import expect

from tests.browser.visits import assert_accessible
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, numbers, opinion

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def invite(project, site, role="annotator"):
    """Create a user; return their name and the invitation link."""
    made = command("create_user", f"visitor-{next(numbers)}", "--role", role, project=project.slug)
    return made["user"], site + "/" + made["invite_url"].split("/", 3)[3]


def accept_invitation(page, site, project, role="annotator", look=None):
    """
    Set a password, sign in and acknowledge the content warning with the keyboard; return the invitation link.

    :param look: looks at the page of the warning
    """
    name, link = invite(project, site, role)
    page.goto(link)
    page.locator("input[type=password]").first.focus()
    page.keyboard.type("correct horse battery")
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse battery")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/**")
    page.get_by_label("Username").focus()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse battery")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Before you begin")).to_be_visible()
    if look:
        look(page)
    page.get_by_label("I am an adult").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Before you begin")).to_have_count(0)
    return link


def labelled_project(folder):
    """Create a project with two decided items and one that is not."""
    project = make_project(name="A first project", fields="prompt_label")
    import_dialogues(project, folder, [dialogue("one"), dialogue("שלום"), dialogue("three")])
    votes = [opinion("one", rater, "unsafe", categories=["threat"]) for rater in ("ada", "bea", "cleo")]
    votes += [opinion("שלום", rater) for rater in ("ada", "bea", "cleo")]
    import_votes(project, folder, votes)
    command("adjudicate", project=project.slug)
    return project


def test_invited_lead_sees_their_project_only(page, site, tmp_path, readers):
    project, foreign = labelled_project(tmp_path), make_project(name="Somebody else's")
    link = accept_invitation(page, site, project, "lead", readers.look_from_here)

    expect(page.get_by_role("heading", name="A first project")).to_be_visible()
    expect(page.get_by_text(foreign.name)).to_have_count(0)
    page.get_by_role("link", name="A first project").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Overview", exact=True)).to_be_visible()
    expect(page.get_by_text("6 current votes of people")).to_be_visible()
    expect(page.get_by_role("row", name="one unsafe – Threat Majority")).to_be_visible()
    expect(page.get_by_text(foreign.name)).to_have_count(0)
    readers.look_from_here(page)

    page.goto(link)
    expect(page.get_by_text("This invitation no longer works")).to_be_visible()
    readers.look_from_here(page)


def test_first_pages_are_accessible_and_fit(narrow_page, site, tmp_path, readers):
    page = narrow_page
    page.goto(site + "/sign-in/")
    readers.look_at(page)
    accept_invitation(page, site, labelled_project(tmp_path), "lead")
    expect(page.get_by_role("heading", name="Projects")).to_be_visible()
    readers.look_at(page)


def test_wide_table_shows_that_it_scrolls_and_keeps_its_caption_in_sight(narrow_page, site, tmp_path):
    project = labelled_project(tmp_path)
    accept_invitation(narrow_page, site, project, "lead")
    narrow_page.goto(f"{site}/projects/{project.slug}/events/")
    frame = narrow_page.get_by_role("region", name="Events")
    assert frame.evaluate("element => element.scrollWidth > element.clientWidth")
    attached = "element => getComputedStyle(element).backgroundAttachment"
    assert frame.evaluate(attached) == "local, local, scroll, scroll"  # covers move with the table, shadows stay
    frame.evaluate("element => { element.scrollLeft = element.scrollWidth; }")
    caption = frame.locator("caption").bounding_box()
    assert caption["x"] >= 0
    assert caption["x"] + caption["width"] <= 360


def test_menu_opens_and_closes_by_key_and_leads_on(narrow_page, site, tmp_path):
    page, project = narrow_page, labelled_project(tmp_path)
    accept_invitation(page, site, project, "lead")
    page.goto(f"{site}/projects/{project.slug}/")
    entry = page.locator("#side").get_by_role("link", name="Quality")
    expect(entry).to_be_hidden()
    menu = page.get_by_role("button", name="Menu")
    menu.focus()
    page.keyboard.press("Enter")
    expect(entry).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(entry).to_be_hidden()
    menu.press("Enter")
    entry.press("Enter")
    expect(page.get_by_role("heading", name="Quality", exact=True)).to_be_visible()
    expect(entry).to_be_hidden()


def test_wrong_password_is_explained(page, site, readers):
    page.goto(site + "/")
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password").fill("nothing at all")
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("alert")).to_be_visible()
    readers.look_from_here(page)


def test_missing_page_is_explained(page, site):
    assert page.goto(site + "/nowhere/").status == 404
    expect(page.get_by_role("heading", name="Not here")).to_be_visible()
