"""Reads for the pages of guards."""

from collections.abc import Sequence

from django.db.models import Case, F, QuerySet, Value, When

from corpus.models import Project
from guards.models import BenchmarkCase, Evaluation, TrainedGuard, Verdict
from guards.queries.evaluations import evaluations_of
from jury.models import Run


def evaluations_to_show(project: Project) -> list[Evaluation]:
    """
    Return one evaluation for each guard and benchmark.

    One of all cases is preferred to one of a sample, then a finished one, then the latest.
    """
    is_finished = Case(When(run__state=Run.State.FINISHED, then=Value(0)), default=Value(1))
    ordered = evaluations_of(project).order_by(
        "juror", "benchmark", F("limit").desc(nulls_first=True), is_finished, "-pk"
    )
    return list(ordered.distinct("juror", "benchmark"))


def trained_guards(project: Project) -> QuerySet[TrainedGuard]:
    """Return the trained guards of a project, by name."""
    return TrainedGuard.objects.filter(project=project).select_related("release").order_by("name")


def other_evaluations(evaluation: Evaluation) -> QuerySet[Evaluation]:
    """Return the other evaluations on the same benchmark, the latest first."""
    return evaluations_of(evaluation.project).filter(benchmark=evaluation.benchmark_id).exclude(pk=evaluation.pk)


def cases_numbered(evaluation: Evaluation, numbers: Sequence[int]) -> list[BenchmarkCase]:
    """Return cases of the benchmark of an evaluation with their texts, by number."""
    cases = BenchmarkCase.objects.filter(benchmark=evaluation.benchmark_id, number__in=numbers)
    return list(cases.select_related("text").order_by("number", "pk"))


def verdicts_on(evaluation: Evaluation, cases: Sequence[BenchmarkCase]) -> dict[int, Verdict]:
    """Return the verdicts of an evaluation on the texts of some cases, by the primary key of the text."""
    texts = [case.text_id for case in cases]
    return {verdict.text_id: verdict for verdict in Verdict.objects.filter(run=evaluation.run_id, text__in=texts)}
