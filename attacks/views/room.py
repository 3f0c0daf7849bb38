"""The room: what may be attacked, what is left to spend, and one's own attacks."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from annotation.session import read_session, resting_of
from attacks import actions, queries
from attacks.actions.room import AttacksOff
from attacks.forms import StartForm
from corpus.access import Access, PageRequest, require_role
from corpus.attempt import attempt
from corpus.models import Category
from corpus.queries import categories_of, category_names

ON_A_PAGE = 25


@require_safe
@require_role()
def room(request: PageRequest, access: Access) -> HttpResponse:
    """Show the consent text, or the form that starts an attack with one's own attacks."""
    return show_room(request, access)


@require_POST
@require_role()
def consent(request: PageRequest, access: Access) -> HttpResponse:
    """Record that the person consents to the text that they read."""
    version = request.POST.get("version", "")
    number = int(version) if version.isdecimal() and len(version) < 9 else 0
    actions.consent_to_attacks(project=access.project, user=access.user, version=number)
    return redirect("attacks:room", access.project.slug)


@require_POST
@require_role()
def start(request: PageRequest, access: Access) -> HttpResponse:
    """Start an attack, and go to it."""
    form = start_form(access, request.POST)
    tried = attempt(
        form, lambda: actions.start_conversation(project=access.project, user=access.user, **form.cleaned_data)
    )
    if not tried.is_done:
        return show_room(request, access, form=form, status=tried.status)
    return redirect("attacks:conversation", access.project.slug, tried.result.pk)


def start_form(access: Access, data: Any = None) -> StartForm:
    """Return the form that starts an attack, without goals that the person opted out of."""
    return StartForm(data, targets=list(queries.targets_of(access.project)), categories=goals_for(access))


def goals_for(access: Access) -> list[Category]:
    """Return the categories that the person may be after: those they did not opt out of."""
    avoided = read_session(access.project, access.user).avoided
    return [category for category in categories_of(access.project) if category.slug not in avoided]


def show_room(request: PageRequest, access: Access, *, status: int = 200, **forms: Any) -> HttpResponse:
    """
    Show the room.

    :param forms: `form`, with errors
    :raises AttacksOff: if it is switched off, and the person is no lead
    """
    settings = queries.settings_of(access.project)
    if not settings.is_on and not access.is_lead:
        raise AttacksOff("Attacks are switched off in this project.")
    session = read_session(access.project, access.user)
    own = queries.conversations_of(access.project, access.user).order_by("-pk")
    context: dict[str, Any] = {
        "access": access,
        "page": "attack",
        "settings": settings,
        "consent_text": queries.consent_text(settings),
        "has_consented": queries.has_consented(settings, access.user),
        "resting": resting_of(session),
        "spending": queries.spending_of(settings, access.user, session.day),
        "shown": Paginator(own, ON_A_PAGE).get_page(request.GET.get("at")),
        "goal_names": category_names(access.project),
        "form": start_form(access),
        **forms,
    }
    return render(request, "attacks/room.html", context, status=status)


def said(request: PageRequest, access: Access, words: str) -> HttpResponse:
    """Go to the room, and say something there."""
    messages.success(request, words)
    return redirect("attacks:room", access.project.slug)
