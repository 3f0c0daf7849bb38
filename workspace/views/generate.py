"""Have responses and refusals written: what is still to be written for follows from labels and opinions."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from corpus.access import Access, PageRequest, Role, require_role
from corpus.errors import Refused
from jury import workers
from jury.actions import estimate_generation, start_generation
from jury.actions.estimates import Estimate
from jury.models import Run
from jury.queries import generator_named, generators_of
from jury.tasks import enqueue
from workspace import actions
from workspace.forms.generate import GenerateForm


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.LEAD)
def generate(request: PageRequest, access: Access) -> HttpResponse:
    """Say what it would cost or start it, as the button pressed says."""
    generators = [each.name for each in generators_of(access.project)]
    form = GenerateForm(request.POST or None, generators=generators)
    context = {"access": access, "page": "jury", "form": form, "has_generators": bool(generators)}
    if request.method != "POST":
        return render(request, "workspace/generate.html", context)
    if not form.is_valid():
        return render(request, "workspace/generate.html", context, status=422)
    try:
        if request.POST.get("do") == "start":
            return redirect("jury:run", access.project.slug, start(access, form).pk)
        return render(request, "workspace/generate.html", context | {"estimate": estimate(access, form)})
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return render(request, "workspace/generate.html", context, status=409)


def estimate(access: Access, form: GenerateForm) -> Estimate:
    generator = generator_named(access.project, form.cleaned_data["generator"])
    items = actions.items_for_generator(project=access.project, generator=generator, limit=form.cleaned_data["limit"])
    return estimate_generation(project=access.project, generator=generator, items=items)


def start(access: Access, form: GenerateForm) -> Run:
    """
    :raises Refused: if the generator cannot be asked, or no worker would do it
    """
    if not workers.worker_is_running():
        raise Refused("No worker is running, so nothing was started. Start one with `make run`.")
    chosen = form.cleaned_data
    generator = generator_named(access.project, chosen["generator"])
    run = start_generation(
        project=access.project,
        generator=generator,
        items=actions.items_for_generator(project=access.project, generator=generator, limit=chosen["limit"]),
        budget_usd=chosen["budget_usd"],
        budget_calls=chosen["max_calls"],
        by=access.user,
    )
    enqueue(run)
    return run
