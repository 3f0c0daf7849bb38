"""One attack: its messages and replies, the next message, and its end."""

from contextlib import suppress
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from annotation.queries import person_of
from annotation.session import read_session, resting_of
from attacks import actions, queries
from attacks.forms import FinishForm, MessageForm
from attacks.models import Conversation, Turn
from attacks.plans import PLANS
from attacks.sending import send_and_ask
from attacks.views.room import said
from corpus.access import Access, PageRequest, require_role
from corpus.attempt import Attempt, attempt
from corpus.errors import Invalid
from corpus.queries import categories_of, category_names

TEMPLATE = "attacks/conversation.html"
PATIENCE_SECONDS = 15
"After which the page says that no worker has taken a message."


@require_safe
@require_role()
@vary_on_headers("HX-Request")
def conversation(request: PageRequest, access: Access, conversation: int) -> HttpResponse:
    """Show an attack of one's own; a page that asks while it waits gets nothing until there is something new."""
    try:
        found = queries.find_conversation(access.project, access.user, conversation)
    except queries.NoSuchConversation:  # other people's attacks are not shown, and neither whether there are any
        return redirect("attacks:room", access.project.slug)
    if request.htmx and request.GET.get("as") == waiting_as(queries.turns_of(found)):
        return HttpResponse(status=204)
    return show(request, access, found)


@require_POST
@require_role()
def send(request: PageRequest, access: Access, conversation: int) -> HttpResponse:
    """Send a message, or show how it would be sent, as the pressed button says."""
    found = own_or_404(access, conversation)
    form = MessageForm(request.POST)
    if request.POST.get("do") == "preview":
        tried: Attempt[Any] = attempt(form, lambda: form.message.sent)
        return show(request, access, found, form, status=tried.status, preview=tried.value)
    tried = attempt(
        form,
        lambda: send_and_ask(project=access.project, user=access.user, number=conversation, message=form.message),
    )
    if not tried.is_done:
        keep_draft(access, conversation, form)
        return show(request, access, own_or_404(access, conversation), form, status=tried.status)
    return shown_anew(request, access, conversation)


def keep_draft(access: Access, number: int, form: MessageForm) -> None:
    """Keep what was typed into a form that was refused, as far as it can be stored."""
    token = form.posted_token
    with suppress(Invalid):
        if token:
            actions.save_draft(project=access.project, user=access.user, number=number, text=typed(form), token=token)


def typed(form: MessageForm) -> str:
    """Return what was typed into a form, valid or not."""
    return form["text"].data or ""


@require_POST
@require_role()
def draft(request: PageRequest, access: Access, conversation: int) -> HttpResponse:
    """Keep what the person is typing, so that it is there again on another day."""
    own_or_404(access, conversation)
    keep_draft(access, conversation, MessageForm(request.POST))
    return HttpResponse(status=204)


@require_POST
@require_role()
def take_back(request: PageRequest, access: Access, conversation: int) -> HttpResponse:
    """Take a message back that no worker has begun."""
    own_or_404(access, conversation)
    actions.take_turn_back(project=access.project, user=access.user, number=conversation)
    return shown_anew(request, access, conversation)


@require_POST
@require_role()
def finish(request: PageRequest, access: Access, conversation: int) -> HttpResponse:
    """Make a dialogue of an attack that others label."""
    found = own_or_404(access, conversation)
    form = FinishForm(request.POST, categories=categories_of(access.project))
    tried = attempt(
        form,
        lambda: actions.finish_conversation(
            project=access.project, user=access.user, number=conversation, **form.values
        ),
    )
    if not tried.is_done:
        return show(request, access, found, finish_form=form, status=tried.status)
    return said(request, access, "Finished. Others label it now; it never comes to you.")


@require_POST
@require_role()
def discard(request: PageRequest, access: Access, conversation: int) -> HttpResponse:
    """Discard an attack."""
    own_or_404(access, conversation)
    actions.discard_conversation(project=access.project, user=access.user, number=conversation)
    return said(request, access, "Discarded. Nobody labels it.")


def own_or_404(access: Access, number: int) -> Conversation:
    """
    Return an attack of the person's own.

    :raises Http404: if they have none of that number
    """
    try:
        return queries.find_conversation(access.project, access.user, number)
    except queries.NoSuchConversation as error:
        raise Http404(str(error)) from error


def waiting_as(turns: list[Turn]) -> str:
    """Return how the last message waits, for a page to compare; empty if it does not."""
    waiting = queries.turn_under_way(turns)
    return f"{waiting.number}-{waiting.state}" if waiting else ""


def shown_anew(request: PageRequest, access: Access, number: int) -> HttpResponse:
    """Show an attack as it is now: as the page's fragment, or by a redirect to the page."""
    if request.htmx:
        return show(request, access, own_or_404(access, number))
    return redirect("attacks:conversation", access.project.slug, number)


def show(
    request: PageRequest,
    access: Access,
    found: Conversation,
    form: MessageForm | None = None,
    *,
    status: int = 200,
    preview: str | None = None,
    finish_form: FinishForm | None = None,
) -> HttpResponse:
    """
    Show an attack.

    :param form: a message as it was sent and not accepted, or is to be previewed
    :param preview: the message as a transform rewrites it
    :param finish_form: with errors
    """
    turns, settings = queries.turns_of(found), queries.settings_of(access.project)
    session = read_session(access.project, access.user)
    if form is not None and status != 422:  # a form that was refused is sent again as what is seen now
        form = refreshed(form, turns)
    plan = PLANS.get(found.technique)
    names = category_names(access.project)
    context: dict[str, Any] = {
        "access": access,
        "page": "attack",
        "attack": found,
        "turns": turns,
        "waiting": queries.turn_under_way(turns),
        "waits_as": waiting_as(turns),
        "patience": PATIENCE_SECONDS,
        "has_answers": bool(queries.answered_turns(turns)),
        "is_full": len(turns) >= settings.most_turns,
        "settings": settings,
        "spending": queries.spending_of(settings, access.user, session.day),
        "resting": resting_of(session),
        "is_masked": person_of(access.user).masks_text,
        "goal_name": names.get(found.goal, found.goal),
        "plan": plan,
        "next_step": plan.step(len(queries.answered_turns(turns))) if plan else "",
        "form": form or MessageForm.after(turns, found.draft),
        "preview": preview,
        "finish_form": finish_form
        or FinishForm(
            categories=categories_of(access.project),
            initial={"goal": found.goal, "technique": found.technique},
        ),
    }
    return render(request, TEMPLATE + ("#talk" if request.htmx else ""), context, status=status)


def refreshed(form: MessageForm, turns: list[Turn]) -> MessageForm:
    """Return a form that was refused with its errors, as one for the message after the turns that are shown now."""
    data: Any = form.data.copy()  # type: ignore[attr-defined]  # that of a request, which can be copied
    data["seen"] = len(turns)
    again = MessageForm(data)
    again.full_clean()
    for field, errors in form.errors.items():
        for error in errors:
            again.add_error(None if field == "__all__" else field, error)
    return again
