"""Texts that people and models wrote for the category `other`, and how one becomes a category."""

import hashlib
from collections.abc import Mapping
from typing import cast

from django.contrib import messages
from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from adjudication import queries
from adjudication.forms.other_category import CategoryForm, suggest_category
from adjudication.other_category import Group, Grouping, by_count, group_texts
from corpus.access import Access, Role, require_role
from corpus.actions import add_category
from corpus.attempt import attempt
from corpus.kept import kept_if_large
from corpus.labels import normalize
from corpus.models import Project
from corpus.queries import category_names, spellings_of

GROUPS_A_PAGE = 25
KEPT_SECONDS = 3600
"How long the groups of the same texts are kept."


@require_safe
@require_role(Role.LEAD)
def other_texts(request: HttpRequest, access: Access) -> HttpResponse:
    """List the texts, similar ones together."""
    return show_groups(request, access)


@require_POST
@require_role(Role.LEAD)
def add(request: HttpRequest, access: Access) -> HttpResponse:
    """Add a category to the project's taxonomy."""
    form = CategoryForm(request.POST)
    tried = attempt(form, lambda: add_category(project=access.project, by=access.user, **form.cleaned_data))
    if not tried.is_done:
        return show_groups(request, access, form, status=tried.status)
    category = tried.result
    messages.success(request, f"{category.name} is a category now, {category.code}. Votes from here on can name it.")
    return redirect("adjudication:other-texts", access.project.slug)


def show_groups(
    request: HttpRequest, access: Access, form: CategoryForm | None = None, *, status: int = 200
) -> HttpResponse:
    """
    Show a page of groups of similar texts, each with a form that makes a category of it.

    :param form: one that was sent and not accepted
    """
    grouping = grouping_of(access.project)
    shown = Paginator(grouping.groups, GROUPS_A_PAGE).get_page(request.GET.get("at"))
    known, names = spellings_of(access.project.taxonomy), category_names(access.project)
    context = {
        "access": access,
        "page": "disagreements",
        "form": form,
        "grouping": grouping,
        "shown": shown,
        "people": sum(group.people for group in grouping.groups),
        "models": sum(group.models for group in grouping.groups),
        "groups": [
            (group, names.get(matching_category(group, known), ""), new_category_form(group, number))
            for number, group in enumerate(shown, start=shown.start_index())
        ],
    }
    return render(request, "adjudication/other_category.html", context, status=status)


def grouping_of(project: Project) -> Grouping:
    """Return the texts in groups, from the cache where nothing has changed: comparing 2,000 takes seconds."""
    texts = sorted(kept_if_large(project, "other texts", lambda: queries.other_texts(project)), key=by_count)
    key = f"other-texts:{hashlib.sha256(repr(texts).encode()).hexdigest()}"
    return cast("Grouping", cache.get_or_set(key, lambda: group_texts(texts), timeout=KEPT_SECONDS))


def new_category_form(group: Group, number: int) -> CategoryForm:
    """Return a form that makes a category of a group; its ids on the page are its own."""
    return CategoryForm(initial=suggest_category(group.commonest), auto_id=f"group-{number}-%s")


def matching_category(group: Group, spellings: Mapping[str, str]) -> str:
    """
    Return the slug of the category that a text of the group already spells; empty if none does.

    :param spellings: normalized spellings of categories to their slugs
    """
    return next((spellings[normalize(each.text)] for each in group.texts if normalize(each.text) in spellings), "")
