"""Flips between twins: counted as pair by pair, planted biases found exactly, and a kill and a budget on the way."""

import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from bench import forks
from config.embedded.processes import wait_until
from corpus.models import Project
from corpus.workers import worker_command
from guards.actions import make_twins, start_evaluation
from guards.figures.cases import NO_LABEL, NOT_ASKED, EvaluatedCases
from guards.figures.exact import exact_rate, holm, mcnemar
from guards.figures.report import report
from guards.figures.twins import twin_figures
from guards.figures.verdicts import Verdict
from guards.models import Benchmark, BenchmarkCase, Evaluation
from guards.models import Verdict as StoredVerdict
from guards.queries import evaluated_cases
from guards.twins.templates import TemplateList, shipped_templates
from jury.models import Juror, Run, Shard
from jury.tasks import enqueue
from tests.annotation.people import Visitor
from tests.conftest import stub_server
from tests.factories import make_project
from tests.jury.factories import add_jurors, counted, run_shards

ANSWERS = st.sampled_from([*(int(verdict) for verdict in Verdict), NOT_ASKED])
ROWS = st.lists(
    st.tuples(st.sampled_from("fgh"), st.sampled_from("ABC"), ANSWERS, st.sampled_from(["", "x", "xy"])),
    max_size=9,
    unique_by=lambda row: row[:2],
)


def cases_of(rows: Iterable[tuple[str, str, int, str]]) -> EvaluatedCases:
    """Return twins from family, group, verdict, and categories of a letter each."""
    rows = list(rows)
    families, groups, verdicts, named = zip(*rows, strict=True) if rows else ([], [], [], [])
    none = [""] * len(rows)
    return EvaluatedCases(
        range(1, len(rows) + 1), np.full(len(rows), NO_LABEL, np.int8), np.array(verdicts, np.int8),
        np.full(len(rows), np.nan), none, ["kind"] * len(rows), list(groups), list(families), none, none,
        [tuple(names) for names in named],
    )  # fmt: skip


@given(ROWS)
@settings(max_examples=60)
def test_flips_are_those_counted_pair_by_pair(rows: list[tuple[str, str, int, str]]) -> None:
    found = twin_figures(cases_of(rows))
    together = [(one, other) for one, other in combinations(sorted(rows), 2) if one[0] == other[0]]
    if not together:
        assert found is None
        return
    assert found is not None
    for fold, least in (("strict", Verdict.CAUTION), ("loose", Verdict.UNSAFE)):
        for row in found[fold]["pairs"]:
            own = [(a, b) for a, b in together if (a[1], b[1]) == (row["one"], row["other"])]
            read = [(a[2] >= least, b[2] >= least) for a, b in own if min(a[2], b[2]) >= Verdict.SAFE]
            assert row["families"] == len(read)
            assert (row["one_alone"], row["other_alone"]) == (read.count((True, False)), read.count((False, True)))
            assert row["unanswered"] == sum(NOT_ASKED in (a[2], b[2]) for a, b in own)
            assert row["unreadable"] == len(own) - len(read) - row["unanswered"]
        answers: dict[str, set[bool]] = {}
        for family, _, verdict, _ in rows:
            if verdict >= Verdict.SAFE:
                answers.setdefault(family, set()).add(verdict >= least)
        assert found[fold]["flipped"]["count"] == sum(len(each) > 1 for each in answers.values())
    for row in found["categories"]["rows"]:
        said = [
            (row["category"] in a[3], row["category"] in b[3])
            for a, b in together
            if (a[1], b[1]) == (row["one"], row["other"]) and min(a[2], b[2]) >= Verdict.SAFE
        ]
        assert (row["one_alone"], row["other_alone"]) == (said.count((True, False)), said.count((False, True)))


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
@settings(max_examples=40)
def test_intervals_and_tests_are_those_of_scipy(one: int, other: int, alike: int) -> None:
    n = one + other + alike
    if n:
        found, known = exact_rate(one + other, n), binomtest(one + other, n).proportion_ci(method="exact")
        assert (found["low"], found["high"]) == pytest.approx((known.low, known.high), abs=1e-9)
    if one + other:
        assert mcnemar(one, other) == pytest.approx(binomtest(one, one + other).pvalue)


def test_nothing_is_said_of_no_pairs() -> None:
    assert (mcnemar(0, 0), exact_rate(0, 0)["value"], holm([])) == (1.0, None, [])
    found = [0.01, 0.04, 0.03, 0.2]
    assert holm(found) == pytest.approx([0.04, 0.09, 0.09, 0.2])  # 4 × 0.01, 3 × 0.03, no less than that, 1 × 0.2
    assert holm(found, 10) == pytest.approx([0.1, 0.32, 0.27, 1.0])
    assert twin_figures(cases_of([("f", "A", 0, ""), ("g", "B", 2, "")])) is None


def test_one_in_twenty_is_the_most_that_a_fair_guard_is_found_biased() -> None:
    generator, found = np.random.default_rng(5), 0
    groups, families = "ABCDE", 40
    for _ in range(200):
        answers = generator.integers(0, 2, (families, len(groups))) * 2
        rows = [
            (f"f{at}", group, int(answers[at, column]), "")
            for at in range(families)
            for column, group in enumerate(groups)
        ]
        figures = twin_figures(cases_of(rows))
        assert figures is not None
        found += min(row["p_adjusted"] for row in figures["strict"]["pairs"]) < 0.05
    assert found <= 0.05 * 200


@pytest.fixture(scope="module")
def project(database: Any) -> Project:
    """A project with twins of the shipped templates, for religions and ages."""
    made, shipped = make_project(), shipped_templates()
    few = [replace(each, attribute=kind) for kind in ("religion", "age") for each in shipped.templates]
    templates = TemplateList(tuple(few), shipped.sha256)
    make_twins(project=made, name="swapped", templates=templates, uses_dialogues=False)
    return made


def started(project: Project, url: str, model: str, **options: Any) -> Evaluation:
    """Start an evaluation of a new guard on the twins."""
    if not Juror.objects.filter(project=project, name=model).exists():
        add_jurors(project, url, model, prompt="nemoguard-v1", concurrency=8)
    guard, twins = Juror.objects.get(project=project, name=model), Benchmark.objects.get(project=project)
    return start_evaluation(project=project, juror=guard, benchmark=twins, **options)


def figures_of(evaluation: Evaluation) -> dict[str, Any]:
    """Return the twins of a report."""
    found: dict[str, Any] = report(evaluated_cases(evaluation))["twins"]
    return found


def test_planted_bias_is_counted_exactly_and_an_even_guard_has_no_flips(project: Project, stub_url: str) -> None:
    biased, even = (started(project, stub_url, f"stub-1.0:{way}") for way in ("biased", "even"))
    for each in (biased, even):
        run_shards(each.run)
    cases = BenchmarkCase.objects.filter(benchmark__project=project)
    planted = {
        pair
        for pair, turns in cases.filter(group="Sikhs").values_list("pair", "text__turns")
        if turns[0]["text"][-1] != "?"
    }
    assert len(planted) > 5
    families = len(set(cases.values_list("pair", flat=True)))
    found = figures_of(biased)
    for fold in ("strict", "loose"):
        assert (found[fold]["flipped"]["count"], found["families"]) == (len(planted), families)
        [religion] = [row for row in found[fold]["attributes"] if row["name"] == "religion"]
        assert religion["flipped"]["count"] == len(planted)
        flipped = [row for row in found[fold]["pairs"] if row["flipped"]["count"]]
        assert [{row["one"], row["other"]} - {"Sikhs"} for row in flipped] == [
            {"Atheists"}, {"Buddhists"}, {"Christians"}, {"Hindus"}, {"Jews"}, {"Muslims"}
        ]  # fmt: skip
        assert all(row["one_alone" if row["one"] == "Sikhs" else "other_alone"] == len(planted) for row in flipped)
        assert {row["p"] for row in flipped} == {2 / 2 ** len(planted)}
    assert {row["category"] for row in found["categories"]["rows"]} == {"Violence"}
    assert found["categories"]["differ"]["count"] == len(planted)
    page = " ".join(
        Visitor(project, "lead").get(f"guards/evaluations/{biased.pk}/?tab=evasion").content.decode().split()
    )
    assert f"It answered {len(planted)} of {families} families of twins in two ways" in page
    assert '<th scope="row" dir="auto">Atheists</th> <td class="number">0</td> <td dir="auto">Sikhs</td>' in page
    assert 'flagged for <strong dir="auto">Sikhs</strong>, not for <span dir="auto">Atheists, Buddhists' in page
    none = figures_of(even)
    assert (none["strict"]["flipped"]["count"], none["families"], none["categories"]["rows"]) == (0, families, [])
    assert {row["p_adjusted"] for row in none["strict"]["pairs"]} == {1.0}


def test_budget_is_not_passed_and_the_rest_counts_as_unanswered(project: Project, stub_url: str) -> None:
    before = counted(stub_url)["calls"]
    evaluation = started(project, stub_url, "stub-0.9:steady", budget_calls=50)
    run_shards(evaluation.run)
    assert Run.objects.get(pk=evaluation.run_id).state == Run.State.OVER_BUDGET
    assert counted(stub_url)["calls"] - before == 50
    assert figures_of(evaluation)["unanswered"] == Benchmark.objects.get(project=project).rows - 50


def is_quiet(url: str) -> bool:
    """Return whether a stub has no call left of a client that was killed."""
    before = counted(url)
    time.sleep(0.3)
    return bool(counted(url) == before)


@pytest.mark.slow
def test_killed_worker_asks_about_no_twin_twice(project: Project) -> None:
    with stub_server(delay=0.1) as url:
        worker = forks.start(worker_command(), Path(django_settings.ASSIZE_HOME) / "twins.log")
        try:
            evaluation = started(project, url, "stub-0.8:steady", limit=100)
            stored = StoredVerdict.objects.filter(run=evaluation.run)
            enqueue(evaluation.run)
            assert wait_until(lambda: stored.count() >= 10, seconds=60)
        finally:
            worker.kill_all()
        kept, texts = stored.count(), sum(len(shard.items) for shard in evaluation.run.shards.all())
        assert 0 < kept < texts
        Shard.objects.filter(run=evaluation.run).update(seen_at=timezone.now() - timedelta(seconds=61))
        assert wait_until(lambda: is_quiet(url), seconds=60)
        before = counted(url)["calls"]
        assert started(project, url, "stub-0.8:steady", limit=100) == evaluation
        run_shards(evaluation.run)
        assert counted(url)["calls"] - before == texts - kept
    assert figures_of(evaluation)["unanswered"] == 0
