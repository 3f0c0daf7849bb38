"""Pages of runs: the list, the form that starts one, and one with its progress, outcomes and cost, but no labels."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.attempt import attempt
from corpus.snapshot import snapshot
from jury import actions, queries
from jury.actions.estimates import Estimate
from jury.forms import ConveneForm
from jury.models import Ballot, Run
from jury.starting import start_with_worker
from jury.views.progress import change_run, progress_context, progress_fragment

ANSWERS_A_PAGE = 50
RUNS_A_PAGE = 25


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.LEAD)
def runs(request: PageRequest, access: Access) -> HttpResponse:
    """Show the runs of a project, the latest first; a POST starts one or estimates its cost."""
    if request.method == "POST":
        return convene(request, access)
    shown = Paginator(Run.objects.filter(project=access.project).order_by("-pk"), RUNS_A_PAGE)
    page = shown.get_page(request.GET.get("at"))
    progress = queries.progress_of_runs(page.object_list)
    rows = [(run, progress[run.pk]) for run in page.object_list]
    has_jurors = any(juror.base_url for juror in queries.jurors_of(access.project))
    context = {"access": access, "page": "runs", "shown": page, "runs": rows, "has_jurors": has_jurors}
    return render(request, "jury/runs.html", context)


@require_safe
@require_role(Role.LEAD)
def new_run(request: PageRequest, access: Access) -> HttpResponse:
    """Show the form that starts a run."""
    return render_new_run(request, access, ConveneForm(jurors=list(queries.jurors_of(access.project))))


def convene(request: PageRequest, access: Access) -> HttpResponse:
    """Start a run or estimate its cost, depending on the button."""
    form = ConveneForm(request.POST, jurors=list(queries.jurors_of(access.project)))
    if request.POST.get("do") != "start":
        estimated = attempt(form, lambda: estimate(access, form))
        return render_new_run(request, access, form, estimates=estimated.value, status=estimated.status)
    started = attempt(form, lambda: start(access, form))
    if not started.is_done:
        return render_new_run(request, access, form, status=started.status)
    messages.success(request, f"Run {started.result.pk} is started.")
    return redirect("jury:run", access.project.slug, started.result.pk)


def estimate(access: Access, form: ConveneForm) -> list[Estimate]:
    """
    Estimate the run that a valid form describes.

    :raises Refused: if a juror cannot be asked
    """
    jurors = queries.panel(access.project, form.cleaned_data["jurors"])
    limit = form.cleaned_data["limit"]
    return actions.estimate_run(project=access.project, jurors=jurors, limit=limit, asks_again=form.asks_again)


def start(access: Access, form: ConveneForm) -> Run:
    """
    Start the run that a valid form describes.

    :raises Refused: if a juror cannot be asked, or no worker runs
    """
    return start_with_worker(
        actions.start_run,
        project=access.project,
        jurors=queries.panel(access.project, form.cleaned_data["jurors"]),
        limit=form.cleaned_data["limit"],
        budget_usd=form.cleaned_data["budget_usd"],
        budget_calls=form.cleaned_data["max_calls"],
        asks_again=form.asks_again,
        uses_cache=not form.cleaned_data["no_cache"],
        allow_trained=form.cleaned_data["allow_trained"],
        by=access.user,
    )


def render_new_run(
    request: PageRequest,
    access: Access,
    form: ConveneForm,
    *,
    estimates: list[Estimate] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render the form that starts a run, with what was filled in, its errors and the estimate."""
    jurors = list(queries.jurors_of(access.project))
    in_panel = [juror for juror in jurors if juror.in_panel]
    context = {
        "access": access,
        "page": "runs",
        "form": form,
        "has_jurors": any(juror.base_url for juror in jurors),
        "families": queries.shared_model_families(access.project, in_panel),
        "open_run": Run.objects.filter(project=access.project, generates="", state__in=Run.OPEN).last(),
        "estimates": estimates,
        "calls": sum(each.calls for each in estimates or ()),
        "cost": sum(each.cost_usd for each in estimates or ()),
    }
    return render(request, "jury/new_run.html", context, status=status)


@require_safe
@require_role(Role.LEAD)
def run(request: PageRequest, access: Access, run: int) -> HttpResponse:
    """Show the progress of a run, kept current by htmx, and its answers by outcome with their reasons."""
    chosen = get_object_or_404(Run.objects.select_related("project"), pk=run, project=access.project)
    outcome = request.GET.get("outcome", "")
    outcome = outcome if outcome in Ballot.Outcome.values else ""
    with snapshot():  # the counts on top, by juror and of the tabs are of one moment
        progress, statistics = queries.run_progress(chosen), queries.run_statistics(chosen)
    context = {"access": access, "page": "runs", "outcome": outcome, **progress_context(chosen, progress)}
    context["statistics"] = statistics
    slug = access.project.slug
    context |= {
        "open_url": reverse("jury:run", args=[slug, run], query={"outcome": outcome} if outcome else None),
        "change_url": reverse("jury:change-run", args=[slug, run]),
    }
    if request.htmx:
        return progress_fragment(request, context, "jury/run_progress.html")
    pages = Paginator(queries.current_answers(chosen, outcome), ANSWERS_A_PAGE)
    pages.count = progress.outcomes[outcome] if outcome else progress.done  # which counted them already
    answers = pages.get_page(request.GET.get("at"))
    can_ask_again = outcome not in ("", "cast") and answers.paginator.count and not context["is_live"]
    context |= {"answers": answers, "can_ask_again": can_ask_again and not chosen.generates}
    return render(request, "jury/run.html", context)


@require_POST
@require_role(Role.LEAD)
def change(request: PageRequest, access: Access, run: int) -> HttpResponse:
    """Pause, resume or cancel a run, depending on the button."""
    chosen = get_object_or_404(Run, pk=run, project=access.project)
    change_run(request, access, chosen)
    return redirect("jury:run", access.project.slug, run)
