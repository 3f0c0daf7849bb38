"""Pages of the jury: its jurors, and what a run would cost."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.errors import Refused
from corpus.queries import category_names
from jury import actions, queries, tasks, workers
from jury.actions.estimates import Estimate
from jury.forms import ConveneForm, GeneratorForm, JurorForm, LimitsForm
from jury.models import Juror, Run

RUNS_SHOWN = 20


@require_safe
@require_role(Role.LEAD)
def jury(request: PageRequest, access: Access) -> HttpResponse:
    return show_jury(request, access)


@require_POST
@require_role(Role.LEAD)
def add(request: PageRequest, access: Access) -> HttpResponse:
    form = JurorForm(request.POST)
    if not form.is_valid():
        return show_jury(request, access, juror_form=form, status=422)
    try:
        juror = actions.add_juror(project=access.project, by=access.user, **form.cleaned_data)
    except Refused as refusal:  # beside the form, for a page of its own would lose what was typed
        form.add_error(None, str(refusal))
        return show_jury(request, access, juror_form=form, status=409)
    messages.success(request, f"{juror.name} is on the panel.")
    return redirect("jury:jury", access.project.slug)


@require_POST
@require_role(Role.LEAD)
def add_generator(request: PageRequest, access: Access) -> HttpResponse:
    form = GeneratorForm(request.POST)
    if not form.is_valid():
        return show_jury(request, access, generator_form=form, status=422)
    try:
        made = actions.add_generator(project=access.project, by=access.user, **form.cleaned_data)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return show_jury(request, access, generator_form=form, status=409)
    messages.success(request, f"{made.name} can write responses now.")
    return redirect("jury:jury", access.project.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.LEAD)
def juror(request: PageRequest, access: Access, juror: int) -> HttpResponse:
    """One juror: how it is asked, word for word, and the limits that may change."""
    found = get_object_or_404(Juror.objects.select_related("prompt"), pk=juror, project=access.project)
    form, status = LimitsForm(request.POST or None, instance=found), 200
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_juror(juror=found, by=access.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = 409
        else:
            messages.success(request, f"{found.name} is changed. A run under way goes by it from its next part on.")
            return redirect("jury:juror", access.project.slug, found.pk)
    elif request.method == "POST":
        status = 422
    context = {"access": access, "page": "jury", "juror": found, "form": form}
    return render(request, "jury/juror.html", context, status=status)


@require_POST
@require_role(Role.LEAD)
def try_it(request: PageRequest, access: Access, juror: int) -> HttpResponse:
    """Send one call, and show what came of it."""
    found = get_object_or_404(Juror.objects.select_related("prompt"), pk=juror, project=access.project)
    item = request.POST.get("item", "").strip()
    trial = actions.try_juror(project=access.project, juror=found, item=item, by=access.user)
    names = category_names(access.project)
    context = {"access": access, "page": "jury", "juror": found, "trial": trial, "ballot": trial.ballot, "names": names}
    return render(request, "jury/trial.html", context)


@require_POST
@require_role(Role.LEAD)
def convene(request: PageRequest, access: Access) -> HttpResponse:
    """Say what a run would cost or start it, as the button pressed says."""
    form = ConveneForm(request.POST, jurors=jurors_of(access))
    if not form.is_valid():
        return show_jury(request, access, convene_form=form, status=422)
    try:
        jurors = queries.panel(access.project, form.cleaned_data["jurors"])
        if request.POST.get("do") != "start":
            estimates = actions.estimate_run(
                project=access.project, jurors=jurors, limit=form.cleaned_data["limit"], asks_again=form.asks_again
            )
            return show_jury(request, access, convene_form=form, estimates=estimates)
        return redirect("jury:run", access.project.slug, start(access, jurors, form).pk)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return show_jury(request, access, convene_form=form, status=409)


def start(access: Access, jurors: list[Juror], form: ConveneForm) -> Run:
    """
    :raises Refused: if a juror cannot be asked, or no worker would do it
    """
    if not workers.worker_is_running():
        raise Refused("No worker is running, so nothing was started. Start one with `make run`.")
    run = actions.start_run(
        project=access.project,
        jurors=jurors,
        limit=form.cleaned_data["limit"],
        budget_usd=form.cleaned_data["budget_usd"],
        budget_calls=form.cleaned_data["max_calls"],
        asks_again=form.asks_again,
        uses_cache=not form.cleaned_data["no_cache"],
        by=access.user,
    )
    tasks.enqueue(run)
    return run


def jurors_of(access: Access) -> list[Juror]:
    return [each.juror for each in queries.juror_statistics(access.project)]


def show_jury(
    request: PageRequest,
    access: Access,
    *,
    convene_form: ConveneForm | None = None,
    juror_form: JurorForm | None = None,
    generator_form: GeneratorForm | None = None,
    estimates: list[Estimate] | None = None,
    status: int = 200,
) -> HttpResponse:
    figures = queries.juror_statistics(access.project)
    jurors = [each.juror for each in figures]
    runs = Run.objects.filter(project=access.project).order_by("-pk")[:RUNS_SHOWN]
    context: dict[str, Any] = {
        "access": access,
        "page": "jury",
        "figures": figures,
        "families": queries.shared_model_families(access.project, [juror for juror in jurors if juror.in_panel]),
        "runs": [(each, queries.run_progress(each)) for each in runs],
        "convene_form": convene_form or ConveneForm(jurors=jurors),
        "juror_form": juror_form or JurorForm(),
        "generators": queries.generator_statistics(access.project),
        "generator_form": generator_form or GeneratorForm(),
        "estimates": estimates,
        "calls": sum(each.calls for each in estimates or ()),
        "cost": sum(each.cost_usd for each in estimates or ()),
    }
    return render(request, "jury/jury.html", context, status=status)
