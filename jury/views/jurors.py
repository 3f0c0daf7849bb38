"""Pages of jurors and generators, and the form that starts a run."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.attempt import attempt
from corpus.queries import category_names
from jury import actions, queries
from jury.actions.estimates import Estimate
from jury.actions.trials import Trial
from jury.engine.extra_body import merge_extra_bodies
from jury.forms import REQUEST_LABELS, ConveneForm, GeneratorForm, JurorForm, LimitsForm
from jury.models import Juror, Run
from jury.prompting import Prompt
from jury.starting import start_with_worker

RUNS_SHOWN = 20


@require_safe
@require_role(Role.LEAD)
def jury(request: PageRequest, access: Access) -> HttpResponse:
    """Show jurors, generators and recent runs."""
    return render_jury(request, access)


@require_POST
@require_role(Role.LEAD)
def add(request: PageRequest, access: Access) -> HttpResponse:
    """Add a juror."""
    form = JurorForm(request.POST)
    added = attempt(form, lambda: actions.add_juror(project=access.project, by=access.user, **form.cleaned_data))
    if not added.is_done:
        return render_jury(request, access, juror_form=form, status=added.status)
    messages.success(request, f"{added.result.name} is on the panel.")
    return redirect("jury:jury", access.project.slug)


@require_POST
@require_role(Role.LEAD)
def add_generator(request: PageRequest, access: Access) -> HttpResponse:
    """Add a generator."""
    form = GeneratorForm(request.POST)
    added = attempt(form, lambda: actions.add_generator(project=access.project, by=access.user, **form.cleaned_data))
    if not added.is_done:
        return render_jury(request, access, generator_form=form, status=added.status)
    messages.success(request, f"{added.result.name} can write responses now.")
    return redirect("jury:jury", access.project.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.LEAD)
def juror(request: PageRequest, access: Access, juror: int) -> HttpResponse:
    """Show a juror with its prompt, and change its limits."""
    chosen = get_object_or_404(Juror.objects.select_related("prompt"), pk=juror, project=access.project)
    form, status = LimitsForm(request.POST or None, instance=chosen), 200
    if request.method == "POST":
        changed = attempt(form, lambda: actions.change_juror(juror=chosen, by=access.user, **form.cleaned_data))
        if changed.is_done:
            messages.success(request, f"{chosen.name} is changed. A run under way goes by it from its next part on.")
            return redirect("jury:juror", access.project.slug, chosen.pk)
        status = changed.status
    prompt = Prompt.parse(chosen.prompt.text)
    extra_body = merge_extra_bodies(prompt.extra_body, chosen.extra_body)
    context = {"access": access, "page": "jury", "juror": chosen, "form": form, "prompt": prompt}
    context |= {"trained_on": queries.versions_trained_on(access.project, [chosen]).get(chosen.pk)}
    context |= {"extra_body": json.dumps(extra_body, ensure_ascii=False) if extra_body else ""}
    return render(request, "jury/juror.html", context, status=status)


@require_POST
@require_role(Role.LEAD)
def show_trial(request: PageRequest, access: Access, juror: int) -> HttpResponse:
    """Ask a juror about one dialogue, and show the request and the reply. No ballot is stored."""
    chosen = get_object_or_404(Juror.objects.select_related("prompt"), pk=juror, project=access.project)
    item = request.POST.get("item", "").strip()
    trial = actions.try_juror(project=access.project, juror=chosen, item=item, by=access.user)
    context = {
        "access": access,
        "page": "jury",
        "juror": chosen,
        "trial": trial,
        "ballot": trial.answer,
        "suggested": suggested_fields(trial),
        "names": category_names(access.project),
    }
    return render(request, "jury/trial.html", context)


def suggested_fields(trial: Trial) -> list[tuple[str, str]]:
    """Return what a trial suggests: for each setting its label in the forms, and its value as it is typed there."""
    changes = trial.suggestion.changes if trial.suggestion else {}
    choices = {**dict(Juror.TokenParameter.choices), **dict(Juror.ResponseFormat.choices)}
    return [
        (REQUEST_LABELS[name], json.dumps(value) if isinstance(value, dict) else choices.get(value, "empty"))
        for name, value in changes.items()
    ]


@require_POST
@require_role(Role.LEAD)
def convene(request: PageRequest, access: Access) -> HttpResponse:
    """Start a run or estimate its cost, depending on the button."""
    jurors = [row.juror for row in queries.juror_statistics(access.project)]
    form = ConveneForm(request.POST, jurors=jurors)
    if request.POST.get("do") != "start":
        estimated = attempt(form, lambda: estimate(access, form))
        return render_jury(request, access, convene_form=form, estimates=estimated.value, status=estimated.status)
    started = attempt(form, lambda: start(access, form))
    if not started.is_done:
        return render_jury(request, access, convene_form=form, status=started.status)
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


def render_jury(
    request: PageRequest,
    access: Access,
    *,
    convene_form: ConveneForm | None = None,
    juror_form: JurorForm | None = None,
    generator_form: GeneratorForm | None = None,
    estimates: list[Estimate] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render the page of the jury, with the form that was filled in and its errors."""
    statistics = queries.juror_statistics(access.project)
    jurors = [row.juror for row in statistics]
    runs = list(Run.objects.filter(project=access.project).order_by("-pk")[:RUNS_SHOWN])
    progress = queries.progress_of_runs(runs)
    context: dict[str, Any] = {
        "access": access,
        "page": "jury",
        "statistics": statistics,
        "families": queries.shared_model_families(access.project, [juror for juror in jurors if juror.in_panel]),
        "runs": [(run, progress[run.pk]) for run in runs],
        "convene_form": convene_form or ConveneForm(jurors=jurors),
        "juror_form": juror_form or JurorForm(),
        "generators": queries.generator_statistics(access.project),
        "generator_form": generator_form or GeneratorForm(),
        "estimates": estimates,
        "calls": sum(each.calls for each in estimates or ()),
        "cost": sum(each.cost_usd for each in estimates or ()),
    }
    return render(request, "jury/jury.html", context, status=status)
