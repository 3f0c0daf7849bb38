"""The page that starts a generator for items that lack a response or a refusal."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from corpus.access import Access, PageRequest, Role, require_role
from corpus.attempt import attempt
from jury.actions import estimate_generation
from jury.actions.estimates import Estimate
from jury.models import Run
from jury.queries import generator_named, generators_of
from jury.starting import start_with_worker
from workspace import actions
from workspace.forms.generate import GenerateForm


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.LEAD)
def generate(request: PageRequest, access: Access) -> HttpResponse:
    """Estimate the cost of generating responses, or start a generator, as the pressed button says."""
    generators = [each.name for each in generators_of(access.project)]
    form = GenerateForm(request.POST or None, generators=generators)
    context = {"access": access, "page": "generated", "form": form, "has_generators": bool(generators)}
    if request.method != "POST":
        return render(request, "workspace/generate.html", context)
    if request.POST.get("do") == "start":
        started = attempt(form, lambda: start(access, form))
        if started.is_done:
            messages.success(request, f"Run {started.result.pk} is started.")
            return redirect("jury:run", access.project.slug, started.result.pk)
        return render(request, "workspace/generate.html", context, status=started.status)
    estimated = attempt(form, lambda: estimate(access, form))
    return render(request, "workspace/generate.html", context | {"estimate": estimated.value}, status=estimated.status)


def estimate(access: Access, form: GenerateForm) -> Estimate:
    """
    Return what the generator would cost.

    :raises Refused: if the generator lacks a setting
    """
    generator = generator_named(access.project, form.cleaned_data["generator"])
    items = actions.items_for_generator(project=access.project, generator=generator, limit=form.cleaned_data["limit"])
    return estimate_generation(project=access.project, generator=generator, items=items)


def start(access: Access, form: GenerateForm) -> Run:
    """
    Start the generator.

    :raises Refused: if the generator lacks a setting, or no worker is running
    """
    chosen = form.cleaned_data
    generator = generator_named(access.project, chosen.pop("generator"))
    return start_with_worker(
        actions.start_generator, project=access.project, generator=generator, by=access.user, **chosen
    )
