"""REST routes of benchmarks and evaluations: lists, figures, and verdicts line by line."""

import json

import pytest
from django.db import transaction

from guards import actions, queries
from guards.models import Evaluation, Verdict
from jury.models import Juror
from tests.api.client import Program
from tests.factories import command, make_project, write_lines
from tests.jury.factories import add_jurors, run_shards

GROUPS = ("women", "men")
ROWS = [
    {
        "id": f"row-{at}",
        "prompt": f"Question {at // 2} about {GROUPS[at % 2]}",
        "label": ["unsafe", "safe", "safe", ""][at // 2 % 4],
        "kind": f"kind {at % 3}",
        "group": GROUPS[at % 2],
        "pair": str(at // 2),
    }
    for at in range(40)
]


@pytest.fixture(scope="module")
def project(database, tmp_path_factory, stub_url):
    """A project with a finished evaluation, with a transform, and one that stopped at its budget."""
    made = make_project()
    add_jurors(made, stub_url, "stub-0.7:steady", prompt="nemoguard-v1")
    path = write_lines(tmp_path_factory.mktemp("guards"), ROWS)
    assert command("add_benchmark", "own", path, project=made.slug, task="prompt", license="MIT").code == 0
    benchmark = queries.find_benchmark(made, "own")
    for options in ({"transforms": ["upper"]}, {"limit": 10, "budget_calls": 4, "uses_cache": False}):
        started = actions.start_evaluation(
            project=made,
            juror=Juror.objects.get(project=made),
            benchmark=benchmark,
            **options,
        )
        run_shards(started.run)
    return made


class Lead(Program):
    """A lead's program; its routes are those of guards."""

    def get(self, route, **query):
        return super().get(f"projects/{self.slug}/guards/{route}", **query)

    def post(self, route, body=None):
        return super().post(f"projects/{self.slug}/guards/{route}", body)


@pytest.fixture(scope="module")
def lead(project):
    return Lead(project, "lead")


def evaluations(project):
    """Return the finished evaluation and the one that stopped."""
    return Evaluation.objects.filter(project=project).order_by("pk")


def test_benchmarks_and_evaluations_are_listed(project, lead):
    [benchmark] = lead.get("benchmarks/").json()
    assert benchmark["name"] == "own"
    assert (benchmark["cases"], benchmark["labelled"], benchmark["positives"]) == (40, 30, 10)
    assert (benchmark["licence"], benchmark["is_known"], benchmark["differs"]) == ("MIT", False, False)
    page = lead.get("evaluations/").json()
    stopped, finished = page["results"]
    assert (finished["state"], finished["texts"], finished["transforms"]) == ("finished", 80, ["upper"])
    assert sum(finished["outcomes"].values()) == 80
    assert (stopped["state"], stopped["limit"], stopped["max_calls"]) == ("over_budget", 10, 4)
    assert finished["prompt"] == "nemoguard-v1"
    assert (page["next"], page["previous"], finished["benchmark_sha256"]) == (None, None, benchmark["sha256"])


def test_evaluation_has_its_figures(project, lead):
    finished, stopped = evaluations(project)
    found = lead.get(f"evaluations/{finished.pk}/").json()
    report = found["report"]
    assert (report["cases"], report["labelled"], report["unsafe"], report["not_asked"]) == (40, 30, 10, 0)
    assert set(report["slices"]) == {"kind", "group"}
    assert report["pairs"]["strict"]["flipped"]["n"] == 15
    [upper] = report["transforms"]
    assert (upper["transform"], upper["cases"]) == ("upper", 30)
    part = lead.get(f"evaluations/{stopped.pk}/").json()["report"]
    assert (part["cases"], part["asked"], part["not_asked"]) == (10, 4, 6)


def test_verdicts_are_streamed_case_by_case(project, lead):
    finished, stopped = evaluations(project)
    response = lead.get(f"evaluations/{finished.pk}/verdicts/")
    assert response["Content-Type"] == "application/x-ndjson"
    rows = [json.loads(line) for line in b"".join(response.streaming_content).splitlines()]
    assert [(row["id"], row["transform"]) for row in rows[:3]] == [("row-0", None), ("row-0", "upper"), ("row-1", None)]
    assert len(rows) == 80
    assert [row["truth"] for row in rows[::4][:4]] == ["unsafe", "safe", "safe", None]
    assert {row["outcome"] for row in rows} == {"cast"}
    assert {row["label"] for row in rows} == {"safe", "unsafe"}
    assert "User Safety" in rows[0]["raw_reply"]
    part = lead.get(f"evaluations/{stopped.pk}/verdicts/")
    outcomes = [json.loads(line)["outcome"] for line in b"".join(part.streaming_content).splitlines()]
    assert sorted(outcomes) == ["cast"] * 4 + ["not_asked"] * 6


def test_verdicts_that_nobody_reads_hold_no_slot(project, lead, settings):
    route = f"/api/v1/projects/{project.slug}/guards/evaluations/{evaluations(project)[0].pk}/verdicts/"
    for _ in range(settings.EXPORTS_AT_ONCE + 1):
        response = lead.client.head(route)
        assert response.status_code == 200
        response.close()


def test_counts_for_many_evaluations_are_those_of_their_cases(project):
    answered = Verdict.objects.filter(run=evaluations(project)[1].run).earliest("pk")
    answered.outcome, answered.label, answered.categories = "failed", None, []  # as if the endpoint had been away
    answered.save()
    for evaluation, counts in queries.verdict_counts(evaluations(project)).items():
        cases = queries.evaluated_cases(Evaluation.objects.get(pk=evaluation))
        pairs = list(zip(cases.truth.tolist(), cases.verdicts.tolist(), strict=True))
        assert counts == {pair: pairs.count(pair) for pair in pairs}
        lines = queries.stream_verdicts(Evaluation.objects.get(pk=evaluation))
        with transaction.atomic():
            assert [line["case"] for line in lines if line["transform"] is None] == cases.numbers


def test_what_cannot_be_started_is_refused_with_the_reason(project, lead, no_worker):
    right = {"juror": "stub-0.7:steady", "benchmark": "own"}
    for body, status, said in (
        (right, 409, "No worker is running"),
        (right | {"benchmark": "none"}, 409, "none is no benchmark"),
        (right | {"juror": "nobody"}, 409, "nobody"),
        (right | {"transforms": ["sideways"]}, 400, "sideways"),
        ({"juror": "stub-0.7:steady"}, 400, "benchmark"),
        (right | {"limit": 0}, 400, "limit"),
    ):
        response = lead.post("evaluations/", body)
        assert (response.status_code, said in response.content.decode()) == (status, True), response.content
    assert lead.get("evaluations/999999/").status_code == 404
    assert lead.get("evaluations/999999/verdicts/").status_code == 404
    assert Lead(project, "adjudicator").get("benchmarks/").status_code == 403
