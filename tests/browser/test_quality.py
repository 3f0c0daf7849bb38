"""Quality pages in a browser: charts, accessibility, measuring by a button, without script."""

import pytest
from playwright.sync_api import expect

from corpus.actions import add_question
from corpus.models import Project
from corpus.question_rules import PRESETS
from tests.annotation.people import Visitor
from tests.browser.visits import LOOKS, OPEN_DETAILS, Visit
from tests.factories import command, import_votes, opinion
from tests.quality.opinions import mixed_project

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("votes")
    made = mixed_project(folder, items=150, seed=11)
    for question in PRESETS.values():
        add_question(project=made, by=None, **question)
    steps = [each["value"] for each in PRESETS["severity"]["choices"]]
    votes = [
        opinion(f"m{at:03}", f"{kind}-{rater}", "safe", answers={"severity": steps[(at + at * rater % 7 % 3) % 5]})
        for at in range(60) for rater, kind in enumerate(("person", "person", "person", "model"))
    ]  # fmt: skip
    assert import_votes(made, folder, votes)["rejected"] == 0
    assert command("measure", project=made.slug).code == 0
    return made


CHARTS = {
    "agreement": 2,
    "raters": 1,
    "drift": 2,
    "disagreement": 0,
    "checks": 0,
    "jurors": 0,
    "advice": 0,
    "data": 1,
    "questions": 0,
}
"How many charts each tab has."
IS_PAINTED = """
    [...document.querySelectorAll('figure.plot:not([hidden]) canvas')].map(canvas =>
        canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(value => value))
"""


@pytest.mark.parametrize("look", LOOKS)
def test_charts_are_drawn_and_their_tabs_are_accessible(browser, site, project, readers, look):
    """In each look, as the script draws by the width of the page that it finds; all tabs where width is scarce."""
    tabs = CHARTS if "narrow" in look else ("agreement", "raters")
    with Visit(browser, site, Visitor(project, "lead"), **LOOKS[look]) as visit:
        for tab in tabs:
            page = visit.open(f"quality/?tab={tab}&question=severity")
            page.evaluate(OPEN_DETAILS)
            readers.look_at(page, [look])
            assert page.evaluate(IS_PAINTED) == [True] * CHARTS[tab], tab
        assert visit.page_errors == []


def test_link_to_a_section_opens_its_tab(browser, site, project):
    with Visit(browser, site, Visitor(project, "lead")) as visit:
        page = visit.open("quality/#drift")
        expect(page.get_by_role("heading", name="Drift")).to_be_visible()


def test_other_quality_pages_are_accessible_and_fit(browser, site, project, readers):
    with Visit(browser, site, Visitor(project, "lead")) as visit:
        for path in ("quality/advice/", "jury/panel/", "quality/policies/?policy=human"):
            readers.look_at(visit.open(path))
        assert visit.page_errors == []


def test_tables_need_no_script(browser, site, project):
    with Visit(browser, site, Visitor(project, "lead"), java_script_enabled=False) as visit:
        page = visit.open("quality/")
        expect(page.get_by_role("heading", name="Agreement", exact=True)).to_be_visible()
        expect(page.locator("figure.plot").first).to_be_hidden()
        page.get_by_text("These figures in a table").click()
        expect(page.get_by_role("row", name="Prompt Everybody")).to_be_visible()
        page.get_by_role("link", name="Raters", exact=True).click()
        page.get_by_role("link", name="Accuracy").click()
        expect(page.get_by_role("columnheader", name="Accuracy")).to_have_attribute("aria-sort", "ascending")


def test_button_measures_again(browser, site, tmp_path):
    project = mixed_project(tmp_path, items=30)
    command("measure", project=project.slug)
    import_votes(project, tmp_path, [opinion("m000", "dora")])
    with Visit(browser, site, Visitor(project, "lead")) as visit:
        page = visit.open("quality/?tab=raters")
        expect(page.get_by_text("Something has changed since")).to_be_visible()
        page.get_by_role("button", name="Measure now").click()
        page.get_by_role("link", name="Show the new figures").click()
        expect(page.get_by_text("Nothing has changed since")).to_be_visible()
        expect(page.get_by_role("row", name="dora person")).to_have_count(1)
        assert visit.page_errors == []


def test_policy_is_compared_and_changed(browser, site, tmp_path):
    project = mixed_project(tmp_path, items=60)
    command("adjudicate", project=project.slug)
    with Visit(browser, site, Visitor(project, "lead")) as visit:
        page = visit.open("quality/")
        page.get_by_role("button", name="Compare policies").click()
        page.get_by_label("Policy", exact=True).select_option("human")
        page.get_by_role("button", name="Compare").click()
        expect(page.get_by_role("heading", name="What would change")).to_be_visible()
        page.get_by_label("Reason").fill("People alone.")
        page.get_by_role("button", name="Change the policy").click()  # refused by the browser: the box is not ticked
        assert Project.objects.get(pk=project.pk).policy == "majority"
        page.get_by_label("I have seen what will change").check()
        page.get_by_role("button", name="Change the policy").click()
        expect(page.get_by_text("The policy is changed.")).to_be_visible()
        assert Project.objects.get(pk=project.pk).policy == "human"
        assert visit.page_errors == []
