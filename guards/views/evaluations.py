"""Pages of one evaluation: its progress and figures, the cases the guard got wrong, and beside another guard."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from corpus.access import Access, PageRequest, Role, require_role
from guards import queries
from guards.figures.report import report
from guards.figures.verdicts import FOLDS
from guards.forms import CompareForm
from guards.models import BenchmarkCase, Evaluation, Verdict
from guards.pages import rows
from guards.pages.charts import axes, curve_lines
from guards.pages.summary import curve_summary, summary, wrong_summary
from guards.pages.wrong import WAYS, side_by_side, wrong_cases
from guards.views.guards import fold_of
from jury.views.progress import change_run, progress_context, progress_fragment

TABS = {
    "figures": "Figures",
    "slices": "Slices",
    "evasion": "Flips and evasion",
    "curve": "Threshold",
    "wrong": "Wrong cases",
    "about": "About",
}
"The tabs of an evaluation; wrong cases have a URL of their own."
CASES_A_PAGE = 25
OTHERS_SHOWN = 100


def find(access: Access, number: int) -> Evaluation:
    """
    Return an evaluation of the project.

    :raises Http404: if there is none of that number
    """
    try:
        return queries.find_evaluation(access.project, number)
    except queries.NoSuchEvaluation as error:
        raise Http404(str(error)) from error


@require_safe
@require_role(Role.LEAD)
def evaluation(request: PageRequest, access: Access, evaluation: int) -> HttpResponse:
    """Show the progress of an evaluation, kept current by htmx, and its figures."""
    found = find(access, evaluation)
    context: dict[str, Any] = {"access": access, "page": "guards", "evaluation": found, **progress_context(found.run)}
    arguments = [access.project.slug, evaluation]
    context |= {
        "open_url": reverse("guards:evaluation", args=arguments),
        "change_url": reverse("guards:change-evaluation", args=arguments),
    }
    if request.htmx:
        return progress_fragment(request, context)
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS and tab != "wrong" else "figures"
    fold, figures = fold_of(request), report(queries.evaluated_cases(found))
    context |= {"fold": fold, "folds": FOLDS, "report": figures, **figures_of(figures, fold)}
    context |= {
        "tab": tab,
        "tabs": TABS.items(),
        "tab_template": f"guards/tabs/{tab}.html",
        "fold_query": f"&tab={tab}",
        "summary": summary(figures, fold, found.benchmark.get_task_display().lower()),
    }
    others = list(queries.other_evaluations(found)[:OTHERS_SHOWN])
    context |= {"prompt": found.juror.prompt, "compare_form": CompareForm(others=others) if others else None}
    return render(request, "guards/evaluation.html", context)


def figures_of(report: rows.Report, fold: str) -> dict[str, Any]:
    """Return the context of the tables and the curve."""
    return {
        "said_caution": rows.said_caution(report),
        "main_columns": [name for name, _ in rows.main_columns(report)],
        "main_rows": rows.main_rows(report),
        "verdict_names": rows.VERDICT_NAMES.values(),
        "confusion_rows": rows.confusion_rows(report),
        "slice_tables": rows.slice_tables(report, fold),
        "pairs": report["pairs"][fold] if report["pairs"] else None,
        "twins": rows.twin_rows(report, fold),
        "transform_tables": rows.transform_tables(report, fold),
        "axes": axes(),
        "lines": curve_lines(report["curve"]["points"]) if report["curve"] else [],
        "curve_rows": rows.curve_rows(report),
        "curve_summary": curve_summary(report["curve"]["points"]) if report["curve"] else "",
    }


@require_POST
@require_role(Role.LEAD)
def change(request: PageRequest, access: Access, evaluation: int) -> HttpResponse:
    """Pause, resume or cancel an evaluation, depending on the button."""
    change_run(request, access, find(access, evaluation).run)
    return redirect("guards:evaluation", access.project.slug, evaluation)


@require_safe
@require_role(Role.LEAD)
def wrong(request: PageRequest, access: Access, evaluation: int) -> HttpResponse:
    """Show the cases that the guard got wrong, masked."""
    found, fold = find(access, evaluation), fold_of(request)
    numbers = wrong_cases(queries.evaluated_cases(found), fold)
    way = request.GET.get("way", "")
    way = way if way in WAYS else next((each for each in WAYS if numbers[each]), "missed")
    page = Paginator(numbers[way], CASES_A_PAGE).get_page(request.GET.get("at"))
    context = {
        "access": access,
        "page": "guards",
        "evaluation": found,
        "fold": fold,
        "folds": FOLDS,
        "way": way,
        "ways": [(each, name, len(numbers[each])) for each, name in WAYS.items()],
        "tab": "wrong",
        "tabs": TABS.items(),
        "summary": wrong_summary({each: len(cases) for each, cases in numbers.items()}),
        "pages_query": f"fold={fold}&way={way}",
        "cases": page,
        "shown": cases_with_verdicts(page, found),
    }
    return render(request, "guards/wrong.html", context)


def cases_with_verdicts(page: Page[int], *evaluations: Evaluation) -> list[tuple[BenchmarkCase, list[Verdict | None]]]:
    """Return the cases of a page of numbers, each with the verdicts of some evaluations of one benchmark."""
    cases = queries.cases_numbered(evaluations[0], list(page.object_list))
    verdicts = [queries.verdicts_on(evaluation, cases) for evaluation in evaluations]
    return [(case, [own.get(case.text_id) for own in verdicts]) for case in cases]


@require_safe
@require_role(Role.LEAD)
def compare(request: PageRequest, access: Access, evaluation: int) -> HttpResponse:
    """Show two guards on the cases that both were asked about, and those on which they part."""
    first, fold = find(access, evaluation), fold_of(request)
    others = list(queries.other_evaluations(first)[:OTHERS_SHOWN])
    form = CompareForm(request.GET, others=others)
    if not form.is_valid():
        raise Http404("Choose another evaluation on the same benchmark to compare with.")
    second = find(access, int(form.cleaned_data["other"]))
    side = side_by_side(queries.evaluated_cases(first), queries.evaluated_cases(second))
    page = Paginator(side.parted[fold], CASES_A_PAGE).get_page(request.GET.get("at"))
    context = {
        "access": access,
        "page": "guards",
        "first": first,
        "second": second,
        "fold": fold,
        "folds": FOLDS,
        "side": side,
        "labelled": side.folds[fold].n,
        "differences": [
            (name, [side.folds[each].differences[key] for each in FOLDS]) for key, name in rows.FIGURE_NAMES.items()
        ],
        "cases": page,
        "pages_query": f"fold={fold}&other={second.pk}",
        "both": [first.juror.name, second.juror.name],
        "shown": cases_with_verdicts(page, first, second),
    }
    return render(request, "guards/compare.html", context)
