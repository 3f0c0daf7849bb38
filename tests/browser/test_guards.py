"""Pages of guards in a browser: they fit, are accessible in both looks, and need no script."""

import pytest
from playwright.sync_api import expect

from guards import actions, queries
from guards.models import Verdict
from guards.twins.templates import shipped_templates
from jury.models import Juror
from tests.annotation.people import Visitor
from tests.browser.visits import OPEN_DETAILS, Visit
from tests.factories import command, make_project, write_lines
from tests.guards.test_evaluation_routes import ROWS
from tests.jury.factories import add_jurors, run_shards

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def project(tmp_path_factory, stub_url):
    """A project with two guards evaluated on one benchmark, with transforms and probabilities."""
    made = make_project()
    add_jurors(made, stub_url, "stub-0.9:steady", "stub-0.5:steady", prompt="nemoguard-v1")
    path = write_lines(tmp_path_factory.mktemp("guards"), ROWS * 4)
    assert command("add_benchmark", "own", path, project=made.slug, task="prompt").code == 0
    benchmark = queries.find_benchmark(made, "own")
    for juror in Juror.objects.filter(project=made):
        run_shards(actions.start_evaluation(project=made, juror=juror, benchmark=benchmark, transforms=["upper"]).run)
    twins = actions.make_twins(project=made, name="swapped", templates=shipped_templates(), uses_dialogues=True)
    add_jurors(made, stub_url, "stub-1.0:biased", prompt="nemoguard-v1", concurrency=8)
    biased = Juror.objects.get(project=made, name="stub-1.0:biased")
    run_shards(actions.start_evaluation(project=made, juror=biased, benchmark=twins, limit=200).run)
    for label, probability in (("unsafe", 0.8), ("safe", 0.3)):
        Verdict.objects.filter(run__project=made, label=label).update(probability=probability)
    return made


def test_pages_of_guards_fit_and_are_accessible(browser, site, project, readers):
    of_twins, latest, first = queries.evaluations_of(project)
    one = f"guards/evaluations/{first.pk}/"
    twins = ("guards/?tab=twins", f"guards/evaluations/{of_twins.pk}/?tab=evasion")
    # In the walk of every page, an evaluation is alone and has no probabilities; its other tabs are the same there.
    with Visit(browser, site, Visitor(project, "lead")) as visit:
        for path in ("guards/", f"{one}?tab=evasion", f"{one}?tab=curve", f"{one}compare/?other={latest.pk}", *twins):
            page = visit.open(path)
            page.evaluate(OPEN_DETAILS)
            readers.look_at(page)
        assert visit.page_errors == []


def test_matrix_keeps_its_guards_in_sight_and_tables_sort(browser, site, project):
    with Visit(browser, site, Visitor(project, "lead")) as visit:
        page = visit.open("guards/")
        names = page.locator(".matrix tbody th a")
        assert names.all_text_contents() == ["stub-0.5:steady", "stub-0.9:steady"]
        for order in ("ascending", "descending"):
            page.locator(".matrix thead button").first.click()
            expect(page.locator(".matrix thead th").first).to_have_attribute("aria-sort", order)
        expect(names.first).to_have_text("stub-0.9:steady")
        page.set_viewport_size({"width": 360, "height": 800})
        frame = page.locator(".frame-of-matrix")
        frame.evaluate("frame => frame.scrollBy(500, 0)")
        box, outer = names.first.bounding_box(), frame.bounding_box()
        assert outer["x"] <= box["x"] < outer["x"] + 60
        page = visit.open("guards/?tab=benchmarks")
        expect(page.get_by_role("link", name="Benchmarks")).to_be_in_viewport(ratio=0.9)


def test_evaluation_is_read_without_script(browser, site, project):
    with Visit(browser, site, Visitor(project, "lead"), java_script_enabled=False) as visit:
        page = visit.open("guards/")
        page.get_by_role("link", name="stub-0.9:steady on own").click()
        page.get_by_role("link", name="Threshold").click()
        expect(page.get_by_role("img", name="Recall, precision, F1 and false positive rate")).to_be_visible()
        page.get_by_role("link", name="Wrong cases").click()
        case = page.locator(".case details").first
        expect(case.locator(".turn").first).to_be_hidden()
        case.locator("summary").click()
        expect(case.locator(".turn").first).to_be_visible()
