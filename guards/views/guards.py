"""The pages of guards: the matrix, evaluations, trained guards and benchmarks, and the form of a new evaluation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.attempt import attempt
from corpus.models import Project
from guards import actions, queries
from guards.benchmarks.definition import known_definitions
from guards.figures.exact import exact_rate
from guards.figures.verdicts import FOLDS, Fold
from guards.forms import EvaluationForm, HashListForm, TwinsForm
from guards.models import Benchmark, Evaluation
from guards.pages.matrix import Cell, cell, published_rows
from guards.published import published_figures
from guards.starting import start_evaluation_with_worker
from jury import queries as jury_queries
from jury.actions.estimates import Estimate
from jury.models import Juror

EVALUATIONS_A_PAGE = 25


@require_safe
@require_role(Role.LEAD)
def guards(request: PageRequest, access: Access) -> HttpResponse:
    """Show one tab of the guards: the matrix, evaluations, trained guards, benchmarks, or twins."""
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "matrix"
    context = {
        "access": access,
        "page": "guards",
        "tab": tab,
        "tabs": [(key, name) for key, (name, _) in TABS.items()],
        "tab_template": f"guards/tabs/{tab}.html",
        **TABS[tab][1](request, access),
    }
    return render(request, "guards/guards.html", context)


def matrix_context(request: PageRequest, access: Access) -> dict[str, Any]:
    """Return the context of the matrix."""
    benchmarks, fold = list(queries.benchmarks_of(access.project).filter(twins__isnull=True)), fold_of(request)
    names = [each.name if each.is_known else "" for each in benchmarks]
    return {
        "fold": fold,
        "folds": FOLDS,
        "benchmarks": benchmarks,
        "own_rows": own_rows(access.project, benchmarks, fold),
        "published_rows": published_rows(published_figures(), names),
    }


def evaluations_context(request: PageRequest, access: Access) -> dict[str, Any]:
    """Return the context of the list of evaluations."""
    pages = Paginator(queries.evaluations_of(access.project), EVALUATIONS_A_PAGE)
    shown = pages.get_page(request.GET.get("at"))
    progress = jury_queries.progress_of_runs([each.run for each in shown.object_list])
    return {"shown": shown, "evaluations": [(each, progress[each.run_id]) for each in shown.object_list]}


def trained_context(_request: PageRequest, access: Access) -> dict[str, Any]:
    """Return the context of the list of trained guards."""
    return {"guards": list(queries.trained_guards(access.project))}


def benchmarks_context(_request: PageRequest, access: Access) -> dict[str, Any]:
    """Return the context of the list of benchmarks and lists of hashes, with the known ones that the project lacks."""
    benchmarks = list(queries.benchmarks_of(access.project).filter(twins__isnull=True).select_related("contamination"))
    known = {each.name for each in benchmarks if each.is_known}
    missing = [each for name, each in known_definitions().items() if name not in known]
    hash_lists = queries.hash_lists_of(access.project).select_related("contamination")
    return {"benchmarks": benchmarks, "missing": missing, "hash_lists": hash_lists, "form": HashListForm()}


def twins_context(_request: PageRequest, access: Access) -> dict[str, Any]:
    """Return the context of the sets of twins, each with its evaluations and how many families flipped."""
    sets = list(queries.benchmarks_of(access.project).filter(twins__isnull=False))
    evaluations = [each for each in queries.evaluations_to_show(access.project) if each.benchmark.is_of_twins]
    flips = queries.flip_counts(evaluations)
    shown = [(each, exact_rate(*flips[each.pk])) for each in evaluations]
    by_set = [(own, [pair for pair in shown if pair[0].benchmark_id == own.pk]) for own in sets]
    return {"sets": by_set, "form": TwinsForm()}


TABS: dict[str, tuple[str, Callable[[PageRequest, Access], dict[str, Any]]]] = {
    "matrix": ("Matrix", matrix_context),
    "evaluations": ("Evaluations", evaluations_context),
    "trained": ("Trained guards", trained_context),
    "benchmarks": ("Benchmarks", benchmarks_context),
    "twins": ("Twins", twins_context),
}
"For each tab its name and what makes its context."


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.LEAD)
def evaluate(request: PageRequest, access: Access) -> HttpResponse:
    """Start an evaluation or estimate its cost, depending on the button; a GET leads to the list of evaluations."""
    if request.method != "POST":
        return redirect(reverse("guards:guards", args=[access.project.slug]) + "?tab=evaluations")
    form = form_of(access, request.POST)
    if request.POST.get("do") != "start":
        estimated = attempt(form, lambda: estimate(access, form))
        return render_form(request, access, form, estimate=estimated.value, status=estimated.status)
    started = attempt(form, lambda: start(access, form))
    if not started.is_done:
        return render_form(request, access, form, status=started.status)
    messages.success(request, f"Evaluation {started.result.pk} is started.")
    return redirect("guards:evaluation", access.project.slug, started.result.pk)


@require_safe
@require_role(Role.LEAD)
def new_evaluation(request: PageRequest, access: Access) -> HttpResponse:
    """Show the form that starts an evaluation."""
    return render_form(request, access, form_of(access))


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
        keeps_near=form.cleaned_data["keep_near"],
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


def render_form(
    request: PageRequest,
    access: Access,
    form: EvaluationForm,
    *,
    estimate: Estimate | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render the form that starts an evaluation, with what was filled in, its errors and the estimate."""
    context = {
        "access": access,
        "page": "guards",
        "form": form,
        "estimate": estimate,
        "benchmarks": queries.benchmarks_of(access.project).exists(),
        "has_jurors": any(juror.base_url for juror in jury_queries.jurors_of(access.project)),
    }
    return render(request, "guards/new_evaluation.html", context, status=status)


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
    shown = {each.pk for each in benchmarks}
    evaluations = [each for each in queries.evaluations_to_show(project) if each.benchmark_id in shown]
    counts = queries.verdict_counts(evaluations)
    cells = {(each.juror_id, each.benchmark_id): (each, cell(counts[each.pk], fold)) for each in evaluations}
    jurors = sorted({each.juror_id: each.juror for each in evaluations}.values(), key=lambda juror: juror.name)
    trained_on = jury_queries.versions_trained_on(project, jurors)
    return [
        OwnRow(juror, trained_on.get(juror.pk, ""), [cells.get((juror.pk, each.pk)) for each in benchmarks])
        for juror in jurors
    ]
