"""What people and models called `other`, and how it becomes a category."""

from collections.abc import Mapping

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from adjudication import queries
from adjudication.forms.other_category import CategoryForm, suggested
from adjudication.other_category import Group, group_texts
from corpus.access import Access, Role, require_role
from corpus.actions import add_category
from corpus.errors import Refused
from corpus.labels import normalize
from corpus.queries import spellings_of

GROUPS_A_PAGE = 25


@require_safe
@require_role(Role.LEAD)
def others(request: HttpRequest, access: Access) -> HttpResponse:
    return show_others(request, access)


@require_POST
@require_role(Role.LEAD)
def add(request: HttpRequest, access: Access) -> HttpResponse:
    form = CategoryForm(request.POST)
    if not form.is_valid():
        return show_others(request, access, form, status=422)
    try:
        category = add_category(project=access.project, by=access.user, **form.cleaned_data)
    except Refused as refusal:  # beside the form, for a page of its own would lose what was typed
        form.add_error(None, str(refusal))
        return show_others(request, access, form, status=409)
    messages.success(request, f"{category.name} is a category now, {category.code}. Votes from here on can name it.")
    return redirect("adjudication:others", access.project.slug)


def show_others(
    request: HttpRequest, access: Access, form: CategoryForm | None = None, *, status: int = 200
) -> HttpResponse:
    """
    Show the groups of texts.

    :param form: one that was sent in and not accepted
    """
    grouping = group_texts(queries.other_texts(access.project))
    shown = Paginator(grouping.groups, GROUPS_A_PAGE).get_page(request.GET.get("page"))
    known = spellings_of(access.project.taxonomy)
    context = {
        "access": access,
        "page": "others",
        "form": form,
        "grouping": grouping,
        "shown": shown,
        "groups": [
            (
                group,
                category_meant(group, known),
                CategoryForm(initial=suggested(group.commonest), auto_id=f"group-{number}-%s"),
            )
            for number, group in enumerate(shown, start=shown.start_index())
        ],
    }
    return render(request, "adjudication/other_category.html", context, status=status)


def category_meant(group: Group, spellings: Mapping[str, str]) -> str:
    """Return the slug of the category that one of the texts is a spelling of; empty if none is."""
    return next((spellings[normalize(each.text)] for each in group.texts if normalize(each.text) in spellings), "")
