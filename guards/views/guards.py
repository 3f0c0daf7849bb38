"""The page of guards: the matrix, evaluations, trained guards and benchmarks, and the form of a new evaluation."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.attempt import attempt
from corpus.models import Project
from guards import actions, queries
from guards.benchmarks.definition import known_definitions
from guards.figures.verdicts import FOLDS, Fold
from guards.forms import EvaluationForm
from guards.models import Benchmark, Evaluation
from guards.pages.matrix import Cell, cell, published_rows
from guards.published import published_figures
from guards.starting import start_evaluation_with_worker
from jury import queries as jury_queries
from jury.actions.estimates import Estimate
from jury.models import Juror

EVALUATIONS_SHOWN = 20


@require_safe
@require_role(Role.LEAD)
def guards(request: PageRequest, access: Access) -> HttpResponse:
    """Show guards, benchmarks and evaluations."""
    return render_guards(request, access)


@require_POST
@require_role(Role.LEAD)
def evaluate(request: PageRequest, access: Access) -> HttpResponse:
    """Start an evaluation or estimate its cost, depending on the button."""
    form = form_of(access, request.POST)
    if request.POST.get("do") != "start":
        estimated = attempt(form, lambda: estimate(access, form))
        return render_guards(request, access, form=form, estimate=estimated.value, status=estimated.status)
    started = attempt(form, lambda: start(access, form))
    if not started.is_done:
        return render_guards(request, access, form=form, status=started.status)
    return redirect("guards:evaluation", access.project.slug, started.result.pk)


def estimate(access: Access, form: EvaluationForm) -> Estimate:
    """
    Estimate the evaluation that a valid form describes.

    :raises Refused: if the guard cannot be asked
    """
    return actions.estimate_evaluation(**chosen(access, form))


def start(access: Access, form: EvaluationForm) -> Evaluation:
    """
    Start the evaluation that a valid form describes.

    :raises Refused: if the guard cannot be asked, or no worker runs
    """
    return start_evaluation_with_worker(
        **chosen(access, form),
        budget_usd=form.cleaned_data["budget_usd"],
        budget_calls=form.cleaned_data["max_calls"],
        uses_cache=not form.cleaned_data["no_cache"],
        by=access.user,
    )


def chosen(access: Access, form: EvaluationForm) -> dict[str, Any]:
    """
    Return what a valid form asks for.

    :raises Refused: if the guard or the benchmark has gone meanwhile
    """
    data = form.cleaned_data
    [juror] = jury_queries.panel(access.project, [data["juror"]])
    return {
        "project": access.project,
        "juror": juror,
        "benchmark": queries.find_benchmark(access.project, data["benchmark"]),
        "transforms": data["transforms"],
        "limit": data["limit"],
    }


def form_of(access: Access, posted: Any = None) -> EvaluationForm:
    """Return the form with the guards and benchmarks of the project."""
    benchmarks = list(queries.benchmarks_of(access.project))
    return EvaluationForm(posted, jurors=list(jury_queries.jurors_of(access.project)), benchmarks=benchmarks)


def render_guards(
    request: PageRequest,
    access: Access,
    *,
    form: EvaluationForm | None = None,
    estimate: Estimate | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render the page, with the form that was filled in and its errors."""
    project, fold = access.project, fold_of(request)
    benchmarks = list(queries.benchmarks_of(project))
    latest = list(queries.evaluations_of(project)[:EVALUATIONS_SHOWN])
    progress = jury_queries.progress_of_runs([each.run for each in latest])
    jurors = list(jury_queries.jurors_of(project))
    known = {each.name for each in benchmarks if each.is_known}
    context: dict[str, Any] = {
        "access": access,
        "page": "guards",
        "fold": fold,
        "folds": FOLDS,
        "benchmarks": benchmarks,
        "own_rows": own_rows(project, benchmarks, fold),
        "published_rows": published_rows(
            published_figures(), [each.name if each.is_known else "" for each in benchmarks]
        ),
        "evaluations": [(each, progress[each.run_id]) for each in latest],
        "guards": list(queries.trained_guards(project)),
        "missing": [each for name, each in known_definitions().items() if name not in known],
        "has_jurors": any(juror.base_url for juror in jurors),
        "form": form or EvaluationForm(jurors=jurors, benchmarks=benchmarks),
        "estimate": estimate,
    }
    return render(request, "guards/guards.html", context, status=status)


def fold_of(request: PageRequest) -> str:
    """Return the fold that the address names; strict if it names none."""
    return Fold.LOOSE if request.GET.get("fold") == Fold.LOOSE else Fold.STRICT


@dataclass(frozen=True)
class OwnRow:
    """A guard that was evaluated, with its figures."""

    juror: Juror
    trained_on: str
    "Version of the project's release that it was trained on; empty if none is known."
    cells: list[tuple[Evaluation, Cell] | None]
    "By benchmark."


def own_rows(project: Project, benchmarks: list[Benchmark], fold: str) -> list[OwnRow]:
    """Return a row for each guard that was evaluated, by name, with a cell for each benchmark."""
    evaluations = queries.evaluations_to_show(project)
    counts = queries.verdict_counts(evaluations)
    cells = {(each.juror_id, each.benchmark_id): (each, cell(counts[each.pk], fold)) for each in evaluations}
    jurors = sorted({each.juror_id: each.juror for each in evaluations}.values(), key=lambda juror: juror.name)
    trained_on = jury_queries.versions_trained_on(project, jurors)
    return [
        OwnRow(juror, trained_on.get(juror.pk, ""), [cells.get((juror.pk, each.pk)) for each in benchmarks])
        for juror in jurors
    ]
