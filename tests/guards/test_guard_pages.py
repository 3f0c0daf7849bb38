"""Pages of guards: the matrix, an evaluation, cases it got wrong, two side by side, starting one."""

import json
import re

import pytest

from guards import actions, queries
from guards.models import Benchmark, Evaluation, Verdict
from jury.models import Juror, Run
from tests.annotation.people import Visitor
from tests.factories import command, make_project, numbers, write_lines
from tests.guards.test_evaluation_routes import ROWS
from tests.jury.factories import add_jurors, run_shards
from tests.jury.scripted import completion, scripted_endpoint


@pytest.fixture(scope="module")
def project(database, tmp_path_factory, stub_url):
    """A project with two guards evaluated on one benchmark, whose cases have groups, pairs and kinds."""
    made = make_project()
    add_jurors(made, stub_url, "stub-0.9:steady", "stub-0.5:steady", prompt="nemoguard-v1")
    folder = tmp_path_factory.mktemp("guards")
    assert command("add_benchmark", "own", write_lines(folder, ROWS), project=made.slug, task="prompt").code == 0
    for juror in Juror.objects.filter(project=made):
        evaluate(made, juror, transforms=["upper", "rot13"])
    return made


def evaluate(project, juror, **options):
    benchmark = queries.find_benchmark(project, "own")
    started = actions.start_evaluation(project=project, juror=juror, benchmark=benchmark, **options)
    run_shards(started.run)
    return started


@pytest.fixture(scope="module")
def lead(project):
    return Visitor(project, "lead")


def evaluations(project):
    return list(Evaluation.objects.filter(project=project, limit=None).order_by("pk"))


def text_of(response):
    """Return the text of a page with its blanks made one."""
    assert response.status_code == 200, response.content
    return " ".join(response.content.decode().split())


def test_matrix_has_own_figures_and_published_ones_apart(project, lead):
    first, _ = evaluations(project)
    page = text_of(lead.get("guards/"))
    assert "stub-0.9:steady on own" in page
    assert "n = 30" in page
    assert "Published, not run here" not in page  # none is published of a file of one's own
    report = lead.get(f"guards/evaluations/{first.pk}/").context["report"]
    row = next(row for row in lead.get("guards/").context["own_rows"] if row.juror == first.juror)
    assert row.cells[0][1].value == report["folds"]["strict"]["f1"]["value"]
    Benchmark.objects.create(
        project=project, name="openai_moderation", title="Moderation", task="prompt", licence="MIT", sha256="0" * 64,
        is_known=True, rows=1680, labelled=1680, positives=522, expected_rows=1680, expected_positives=522,
    )  # fmt: skip
    page = text_of(lead.get("guards/?fold=loose"))
    assert "Published, not run here" in page
    assert "0.686" in page
    assert "0.374" in page
    assert "As published" in text_of(lead.get("guards/?tab=benchmarks"))


def test_guard_that_finds_nothing_sorts_by_its_figure_and_one_without_any_by_none(tmp_path):
    project = make_project()
    always = json.dumps({"User Safety": "safe"})
    with scripted_endpoint(lambda _request, _number: (200, completion(always))) as (_, url):
        add_jurors(project, url, "blind", prompt="nemoguard-v1")
        for name in ("own", "other"):
            command("add_benchmark", name, write_lines(tmp_path, ROWS), project=project.slug, task="prompt")
        evaluate(project, Juror.objects.get(project=project))
    page = text_of(Visitor(project, "lead").get("guards/"))
    cells = re.findall(r'<td data-value="(.*?)">', page)
    assert (sorted(cells), "<strong>0.000</strong>" in page) == (["", "0.0"], True)


def test_page_of_an_evaluation_has_every_table(project, lead):
    first, second = evaluations(project)
    tabs = {
        "": ("of 10 unsafe prompts and flagged", "Over 40 prompts, of which 10 are unsafe and 20 safe."),
        "slices": ("<h2>Identity group</h2>", "<h2>What is tested</h2>", "Categories that the guard named"),
        "evasion": (
            "Pairs on which only the identity group differs",
            *("Texts that people can read", "Texts that people cannot read either"),
        ),
        "curve": ("gave no probabilities",),  # the stub gives none
        "about": ("nemoguard-v1, SHA-256", first.benchmark.sha256, "Finished"),
        "nothing": ("Cases by label and by what the guard said",),
    }  # fmt: skip
    for tab, words in tabs.items():
        page = text_of(lead.get(f"guards/evaluations/{first.pk}/", tab=tab))
        for said in words:
            assert said in page, (tab, said)
        assert 'aria-current="page">' in page
    loose = lead.get(f"guards/evaluations/{first.pk}/?fold=loose")
    assert loose.context["fold"] == "loose"
    assert f'value="{second.pk}"' in loose.content.decode()


def test_curve_is_drawn_where_there_are_probabilities(project, lead):
    first, _ = evaluations(project)
    Verdict.objects.filter(run=first.run, label="unsafe").update(probability=0.8)
    page = text_of(lead.get(f"guards/evaluations/{first.pk}/", tab="curve"))
    assert "F1 is highest, 0." in page
    assert '<polyline class="recall" points="40,10 ' in page
    assert "Figures by threshold" in page


def test_cases_it_got_wrong_are_masked_and_turned_by_page(project, lead):
    first, _ = evaluations(project)
    wrong = lead.get(f"guards/evaluations/{first.pk}/wrong/")
    counts = {way: count for way, _, count in wrong.context["ways"]}
    cells = lead.get(f"guards/evaluations/{first.pk}/").context["report"]["folds"]["strict"]["cells"]
    assert (counts["missed"], counts["false_alarms"]) == (cells["false_negatives"], cells["false_positives"])
    page = text_of(lead.get(f"guards/evaluations/{first.pk}/wrong/?way=false_alarms&at=99"))
    shown = [case for case, _ in lead.get(f"guards/evaluations/{first.pk}/wrong/?way=false_alarms").context["shown"]]
    assert all(case.is_unsafe is False for case in shown)
    assert len(shown) == counts["false_alarms"]
    assert "<details open" not in page
    assert lead.get(f"guards/evaluations/{first.pk}/wrong/?way=nothing&at=x").status_code == 200


def test_two_guards_are_shown_side_by_side(project, lead):
    first, second = evaluations(project)
    page = lead.get(f"guards/evaluations/{first.pk}/compare/?other={second.pk}")
    assert "over the 40 cases that both were asked about, 30 of them with a label" in text_of(page)
    difference = dict(page.context["differences"])["F1"][0].value
    f1 = [
        lead.get(f"guards/evaluations/{each.pk}/").context["report"]["folds"]["strict"]["f1"]["value"]
        for each in (first, second)
    ]
    assert difference == pytest.approx(f1[0] - f1[1])
    for case, (one, other) in page.context["shown"]:
        assert one.label != other.label, case
    for odd in ("", "?other=x", f"?other={first.pk}", "?other=999999999"):
        assert lead.get(f"guards/evaluations/{first.pk}/compare/{odd}").status_code == 404


def test_evaluation_is_estimated_and_needs_a_worker_to_start(project, lead, no_worker):
    asked = {"juror": "stub-0.9:steady", "benchmark": "own", "transforms": ["upper"]}
    assert "80 calls, at most about" in text_of(lead.post("guards/evaluations/", **asked, do="estimate"))
    before = Evaluation.objects.count()
    refused = lead.post("guards/evaluations/", **asked, do="start")
    assert (refused.status_code, "No worker is running" in refused.content.decode()) == (409, True)
    wrong = lead.post("guards/evaluations/", juror="nobody", benchmark="own", limit="0", do="start")
    assert wrong.status_code == 422
    assert Evaluation.objects.count() == before


def test_evaluation_under_way_says_so_and_can_be_paused_and_ended(project, lead, no_worker):
    juror = Juror.objects.filter(project=project).earliest("pk")
    started = actions.start_evaluation(
        project=project, juror=juror, benchmark=queries.find_benchmark(project, "own"), limit=3 + next(numbers)
    )
    page = text_of(lead.get(f"guards/evaluations/{started.pk}/"))
    assert "There is no verdict yet, so there are no figures." in page
    assert "under way" not in text_of(lead.get("guards/"))  # a finished one is shown instead
    assert "No worker is running." in page
    assert 'hx-trigger="every 15s"' in page
    for button, state in (("pause", "paused"), ("cancel", "cancelled")):
        assert lead.post(f"guards/evaluations/{started.pk}/change/", do=button).status_code == 302
        assert Run.objects.get(pk=started.run_id).state == state
    fragment = lead.client.get(
        f"/projects/{project.slug}/guards/evaluations/{started.pk}/", headers={"HX-Request": "true"}
    )
    assert (fragment.headers["HX-Refresh"], b"<h1" in fragment.content) == ("true", False)


def test_guard_that_is_still_asked_is_marked_in_the_matrix(tmp_path, stub_url):
    project = make_project()
    add_jurors(project, stub_url, "stub-0.9:steady", prompt="nemoguard-v1")
    command("add_benchmark", "own", write_lines(tmp_path, ROWS), project=project.slug, task="prompt")
    benchmark = queries.find_benchmark(project, "own")
    actions.start_evaluation(project=project, juror=Juror.objects.get(project=project), benchmark=benchmark)
    page = text_of(Visitor(project, "lead").get("guards/"))
    assert "no figure yet" in page
    assert "under way" in page
    assert "40 not asked" in page


def test_page_of_a_project_without_anything_says_what_to_do():
    project = make_project()
    lead = Visitor(project, "lead")
    for page, said in {
        "": "No benchmark yet", "?tab=evaluations": "No evaluations yet", "?tab=trained": "train_guard NAME",
        "?tab=benchmarks": "hatecheck", "evaluations/new/": "No benchmark yet",
    }.items():  # fmt: skip
        assert said in text_of(lead.get(f"guards/{page}")), page
    assert lead.get("guards/evaluations/").url == f"/projects/{project.slug}/guards/?tab=evaluations"
    assert Visitor(project, "adjudicator").get("guards/").status_code == 403
