"""Data and release pages in a browser, in light and dark, wide and narrow."""

import json

import pytest
from playwright.sync_api import expect

from tests.annotation.people import Visitor
from tests.browser.visits import LOOKS, Visit
from tests.factories import command, dialogue, import_votes, make_project, opinion

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_dialogues_are_uploaded_and_released(browser, site, tmp_path, readers):
    project = make_project()
    rows = [dialogue(f"b{n}", source="own", license="CC0-1.0") for n in range(12)] + [{"id": "bad"}]
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with Visit(browser, site, Visitor(project, "admin"), **LOOKS["dark and narrow"]) as visit:
        page = visit.open("imports/")
        page.get_by_label("File", exact=True).set_input_files(path)
        page.get_by_role("button", name="Preview", exact=True).click()
        expect(page.get_by_role("heading", name="First rows")).to_be_visible()
        readers.look_at(page)
        page.get_by_role("button", name="Import", exact=True).click()
        expect(page.locator("#jobs")).to_contain_text("12 new, 0 unchanged", timeout=120_000)
        expect(page.locator("#jobs")).to_contain_text("1 refused, with reasons")
        readers.look_at(page)
        page = visit.open("items/")
        page.get_by_label("Id begins with").fill("b1")
        page.get_by_label("Id begins with").press("Enter")
        expect(page.locator("#found")).to_contain_text("3 items match")

        votes = [opinion(f"b{n}", rater, "safe", "safe") for n in range(12) for rater in "abc"]
        import_votes(project, tmp_path, votes)
        command("adjudicate", project=project.slug)
        page = visit.open("releases/make/")
        page.get_by_label("Version").fill("1.0")
        page.get_by_role("button", name="Make the release").click()
        expect(page.locator("#jobs")).to_contain_text("12 rows", timeout=120_000)
        import_votes(
            project, tmp_path, [opinion("b1", rater, "unsafe", "unsafe", categories=["threat"]) for rater in "defg"]
        )
        command("release", "1.1", project=project.slug)
        page = visit.open("releases/")
        readers.look_at(page)
        page.get_by_role("button", name="Compare").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("From 1.0 to 1.1")
        readers.look_at(page)
        assert visit.page_errors == []
