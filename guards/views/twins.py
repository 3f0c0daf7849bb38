"""Make a set of twins from its form, which the tab of twins shows."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from corpus.access import Access, PageRequest, Role, require_role
from corpus.attempt import attempt
from corpus.errors import Invalid
from guards import actions
from guards.forms import TwinsForm
from guards.models import Benchmark
from guards.twins.templates import MOST_BYTES, TemplateList, parse_templates, shipped_templates


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.LEAD)
def make(request: PageRequest, access: Access) -> HttpResponse:
    """Make a set of twins; a GET leads to the tab that lists them."""
    page = reverse("guards:guards", args=[access.project.slug]) + "?tab=twins"
    if request.method != "POST":
        return redirect(page)
    form = TwinsForm(request.POST, request.FILES)
    made = attempt(form, lambda: make_from(access, form), refused_field="name")
    if made.is_done:
        messages.success(request, f"{made.result.name} has {made.result.rows:,} twins. Evaluate a guard on it.")
        return redirect(page)
    context = {"access": access, "page": "guards", "form": form}
    return render(request, "guards/make_twins.html", context, status=made.status)


def make_from(access: Access, form: TwinsForm) -> Benchmark:
    """
    Make the set that a valid form describes.

    :raises Invalid: naming the line of a template that is wrong
    :raises Refused: if the name is taken, or there are no twins
    """
    data = form.cleaned_data
    return actions.make_twins(
        project=access.project,
        name=data["name"],
        task=data["task"],
        templates=templates_of(form),
        uses_dialogues=data["dialogues"],
        by=access.user,
    )


def templates_of(form: TwinsForm) -> TemplateList | None:
    """
    Return the templates that a valid form has: those of its file, or else the shipped ones if they are ticked.

    :raises Invalid: if the file has no templates, or is not UTF-8
    """
    file = form.cleaned_data["templates"]
    if file is None:
        return shipped_templates() if form.cleaned_data["shipped"] else None
    try:
        return parse_templates(file.read(MOST_BYTES + 4).decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Invalid("templates", "it is not UTF-8; save it as UTF-8") from error
    except Invalid as error:
        raise Invalid("templates", f"{error.field}: {error.reason}") from error
