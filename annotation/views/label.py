"""The labelling page: one dialogue, one answer, the next."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HttpResponseClientRedirect

from annotation import queries
from annotation.actions import (
    LeaseLost,
    NoSuchLease,
    NotShown,
    cast_vote,
    renew_lease,
    skip_item,
)
from annotation.display_names import SKIP_REASONS
from annotation.forms.judgement import JudgementForm, describe_choices, judgement_context
from annotation.forms.questions import keys_of_questions
from annotation.queue import Lease, claim_next, find_held_lease, renew_held_lease, show_held_item
from annotation.session import NotQualified, Resting, read_session
from annotation.views.since_start import progress_since_start, remember_start
from corpus.access import Access, PageRequest, require_role
from corpus.attempt import attempt
from corpus.errors import Invalid, Refused
from corpus.queries import asked_of_people, categories_of, category_names

TEMPLATE = "annotation/label.html"


@require_safe
@require_role()
@vary_on_headers("HX-Request")
def label(request: PageRequest, access: Access) -> HttpResponse:
    """
    Show the item the person holds, or a button that claims one, or why none is to be had.

    Looking renews nothing, for a browser may load the page unasked: its script renews, once it runs.
    """
    if read_session(access.project, access.user).must_qualify:
        return redirect("annotation:qualify", access.project.slug)
    if lease := find_held_lease(project=access.project, user=access.user):
        return show_labelling(request, access, lease, is_opened=True)
    own = queries.own_progress(access.project, access.user)
    return show_labelling(
        request,
        access,
        None,
        resting=queries.resting_now(access.project, access.user),
        is_empty=queries.has_nothing_open(access.project, access.user, own["items_left"]),
        is_lost=queries.has_lost_lease(access.project, access.user),
    )


@require_POST
@require_role()
def take_next(request: PageRequest, access: Access) -> HttpResponse:
    """Claim the next item and show it. Without htmx, the person starts here, from another page."""
    shown = show_next_item(request, access)
    if not request.htmx:
        remember_start(request, access)
    return shown


@require_POST
@require_role()
def show(request: PageRequest, access: Access) -> HttpResponse:
    """Show the dialogue of the page, which its person left hidden until now."""
    lease = posted_lease(request)
    held = show_held_item(project=access.project, user=access.user, lease=lease)
    if not request.htmx:
        return redirect("annotation:label", access.project.slug)
    return show_labelling(request, access, held, is_lost=held is None, is_another=held is not None and held.id != lease)


@require_POST
@require_role()
def vote(request: PageRequest, access: Access) -> HttpResponse:
    """Cast the vote and claim the next item, in one round trip."""
    form = JudgementForm(
        request.POST, categories=categories_of(access.project), questions=asked_of_people(access.project)
    )
    lease, external_id = posted_lease(request), posted_item(request)
    tried = attempt(
        form,
        lambda: cast_vote(
            project=access.project,
            user=access.user,
            external_id=external_id,
            lease=lease,
            answer=form.to_answer(),
            takes_next=True,
            shows_next=False,
        ),
    )
    if tried.is_done:
        return show_lease(request, access, tried.result.next_lease, tried.result.resting)
    if tried.refusal and not isinstance(tried.refusal, NotShown):
        return show_rejected_answer(request, access, form, tried.refusal)
    held = renew_held_lease(project=access.project, user=access.user)
    if held is None or held.id != lease:
        return show_rejected_answer(request, access, form, LeaseLost("This dialogue is no longer leased to you."))
    return show_labelling(request, access, held, form, status=tried.status)


@require_POST
@require_role()
def skip(request: PageRequest, access: Access) -> HttpResponse:
    """Skip the item and claim the next."""
    reason = request.POST.get("reason", "")
    note = request.POST.get("note", "").strip()
    try:
        skip_item(
            project=access.project,
            user=access.user,
            external_id=posted_item(request),
            lease=posted_lease(request),
            reason=f"{reason}: {note}" if reason and note else reason or note,
        )
    except Invalid:
        held = renew_held_lease(project=access.project, user=access.user)
        return show_labelling(request, access, held, status=422, skip_error="Choose a reason, or write one.")
    return show_next_item(request, access)


@require_POST
@require_role()
def renew(request: PageRequest, access: Access) -> HttpResponse:
    """Renew the lease of an open page."""
    renew_lease(project=access.project, user=access.user, lease=posted_lease(request))
    return HttpResponse(status=204)


def posted_lease(request: PageRequest) -> uuid.UUID:
    """
    Return the lease that the page sent.

    :raises NoSuchLease: if it sent none, or none that is a UUID
    """
    try:
        return uuid.UUID(request.POST.get("lease", ""))
    except ValueError:
        raise NoSuchLease("The page was sent without its dialogue. Take the next one.") from None


def posted_item(request: PageRequest) -> str:
    """
    Return the id of the item that the page sent.

    :raises NoSuchLease: if it has a NUL, which no id has and no query can contain
    """
    external_id: str = request.POST.get("item", "")
    if "\0" in external_id:
        raise NoSuchLease("The page was sent without its dialogue. Take the next one.")
    return external_id


def show_next_item(request: PageRequest, access: Access) -> HttpResponse:
    """Claim the next item and show it, or why there is none."""
    try:
        return show_lease(request, access, claim_next(project=access.project, user=access.user, shows=False), None)
    except Resting as rest:
        return show_lease(request, access, None, rest)
    except NotQualified:
        there = redirect("annotation:qualify", access.project.slug)
        return HttpResponseClientRedirect(there.url) if request.htmx else there


def show_lease(request: PageRequest, access: Access, lease: Lease | None, resting: Resting | None) -> HttpResponse:
    """Show a claimed item, or why there is none: as the page's fragment, or by a redirect to the page."""
    if request.htmx:
        return show_labelling(request, access, lease, resting=resting, is_done=not (lease or resting))
    if not lease and not resting:  # the page says itself that the person should rest
        messages.info(request, "Nothing is left for you at the moment. Thank you.")
    return redirect("annotation:label", access.project.slug)


def show_labelling(
    request: PageRequest,
    access: Access,
    lease: Lease | None,
    form: JudgementForm | None = None,
    *,
    status: int = 200,
    **extra: Any,
) -> HttpResponse:
    """
    Show the labelling page, or its fragment to htmx.

    :param form: as the person filled it in; None for an empty one
    :param extra: added to the template's context
    """
    context = {"access": access, "page": "label", "lease": lease, **extra}
    context["question_keys"] = keys_of_questions(asked_of_people(access.project))
    if lease:
        categories = categories_of(access.project)
        form = form or JudgementForm(categories=categories, questions=asked_of_people(access.project))
        context |= judgement_context(access, lease.item, form, is_shown=lease.shown_at is not None)
        context |= {"skip_reasons": SKIP_REASONS, "last": queries.last_vote(access.project, access.user)}
        rest = queries.day_so_far(access.project, access.user)
        context |= {"rest": rest, "progress": progress_since_start(request, access)}
    return render(request, TEMPLATE + ("#labelling" if request.htmx else ""), context, status=status)


def show_rejected_answer(request: PageRequest, access: Access, form: JudgementForm, refusal: Refused) -> HttpResponse:
    """Say why an answer was not counted, and show what it contained."""
    context = {
        "access": access,
        "page": "label",
        "reason": refusal,
        "vote": getattr(refusal, "vote", None),
        "typed": describe_choices(form, category_names(access.project)),
    }
    return render(request, TEMPLATE + ("#rejected" if request.htmx else ""), context, status=409)
