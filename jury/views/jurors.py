"""Pages of jurors and generators: the list, a form for a new one, one with its prompt, and a trial."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.attempt import attempt
from corpus.models import Project
from corpus.queries import category_names
from jury import actions, queries
from jury.actions.trials import Trial
from jury.engine.extra_body import merge_extra_bodies
from jury.forms import ASK_LABELS, REQUEST_LABELS, GeneratorForm, JurorForm, LimitsForm
from jury.models import Juror
from jury.prompting import Prompt


@require_safe
@require_role(Role.LEAD)
def jury(request: PageRequest, access: Access) -> HttpResponse:
    """Show the jurors with the outcomes of what they were asked."""
    statistics = queries.juror_statistics(access.project)
    in_panel = [row.juror for row in statistics if row.juror.in_panel]
    context = {
        "access": access,
        "page": "jury",
        "statistics": statistics,
        "can_run": any(row.juror.base_url for row in statistics),
        "families": queries.shared_model_families(access.project, in_panel),
    }
    return render(request, "jury/jury.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.LEAD)
def add(request: PageRequest, access: Access) -> HttpResponse:
    """Show the form of a new juror; a POST adds it."""
    form, status = JurorForm(request.POST or None, project=access.project, initial=named_prompt(request)), 200
    if request.method == "POST":
        added = attempt(form, lambda: actions.add_juror(project=access.project, by=access.user, **form.cleaned_data))
        if added.is_done:
            messages.success(request, f"{added.result.name} is on the panel. Try it before you start a run.")
            return redirect("jury:juror", access.project.slug, added.result.pk)
        status = added.status
    context = {"access": access, "page": "jury", "form": form}
    return render(request, "jury/add_juror.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.LEAD)
def add_generator(request: PageRequest, access: Access) -> HttpResponse:
    """Show the form of a new generator; a POST adds it."""
    form, status = GeneratorForm(request.POST or None, project=access.project, initial=named_prompt(request)), 200
    if request.method == "POST":
        added = attempt(
            form, lambda: actions.add_generator(project=access.project, by=access.user, **form.cleaned_data)
        )
        if added.is_done:
            messages.success(request, f"{added.result.name} can write responses now. Try it before you start a run.")
            return redirect("jury:juror", access.project.slug, added.result.pk)
        status = added.status
    context = {"access": access, "page": "generated", "form": form, "is_generator": True}
    return render(request, "jury/add_juror.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.LEAD)
def juror(request: PageRequest, access: Access, juror: int) -> HttpResponse:
    """Show a juror with its prompt, and change its limits."""
    chosen = get_object_or_404(Juror.objects.select_related("prompt"), pk=juror, project=access.project)
    form, status = LimitsForm(request.POST or None, instance=chosen), 200
    if request.method == "POST":
        changed = attempt(form, lambda: actions.change_juror(juror=chosen, by=access.user, **form.cleaned_data))
        if changed.is_done:
            messages.success(request, f"{chosen.name} is saved. A run under way follows it from its next shard on.")
            return redirect("jury:juror", access.project.slug, chosen.pk)
        status = changed.status
    prompt = Prompt.parse(chosen.prompt.text)
    extra_body = merge_extra_bodies(prompt.extra_body, chosen.extra_body)
    context = {"access": access, "page": page_of(chosen), "juror": chosen, "form": form, "prompt": prompt}
    context |= {"row": queries.statistics_of(chosen), "asked_labels": [ASK_LABELS[name] for name in chosen.asks]}
    context |= {"trained_on": queries.versions_trained_on(access.project, [chosen]).get(chosen.pk)}
    context |= question_context(access.project, chosen)
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
        "page": page_of(chosen),
        "juror": chosen,
        "trial": trial,
        "ballot": trial.answer,
        "suggested": suggested_fields(trial),
        "names": category_names(access.project),
    }
    return render(request, "jury/trial.html", context)


def question_context(project: Project, juror: Juror) -> dict[str, Any]:
    """Return the questions for jurors that this one answers, and those that it cannot; none of a generator."""
    if juror.is_generator or not juror.base_url:
        return {}
    asked = queries.questions_answered(project, juror)
    return {
        "asked_questions": asked,
        "unasked_questions": [each for each in queries.questions_for_jurors(project) if each not in asked],
    }


def named_prompt(request: PageRequest) -> dict[str, str]:
    """Return the prompt version that the address names, as what a form begins with."""
    name = request.GET.get("prompt", "")
    return {"prompt": name} if name else {}


def page_of(juror: Juror) -> str:
    """Return the entry of the navigation that a juror or generator is below."""
    return "generated" if juror.is_generator else "jury"


def suggested_fields(trial: Trial) -> list[tuple[str, str]]:
    """Return what a trial suggests: for each setting its label in the forms, and its value as it is typed there."""
    changes = trial.suggestion.changes if trial.suggestion else {}
    choices: dict[Any, Any] = {**dict(Juror.TokenParameter.choices), **dict(Juror.ResponseFormat.choices), False: "No"}
    return [
        (REQUEST_LABELS[name], json.dumps(value) if isinstance(value, dict) else choices.get(value, "empty"))
        for name, value in changes.items()
    ]
