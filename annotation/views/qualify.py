"""The pages on which a person qualifies: an attempt, one dialogue after the other, and its result."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HttpResponseClientRedirect

from annotation import queries
from annotation.actions import NotShown, answer_attempt_item, begin_attempt, show_attempt_item
from annotation.feedback import feedback_on_attempt
from annotation.forms.judgement import JudgementForm, describe_choices, judgement_context
from annotation.models import QualificationAttempt
from annotation.queries import Standing
from annotation.views.label import posted_item, posted_lease
from corpus.access import Access, PageRequest, require_role
from corpus.attempt import attempt
from corpus.errors import Refused
from corpus.queries import categories_of, category_names

TEMPLATE = "annotation/qualify.html"


@require_safe
@require_role()
@vary_on_headers("HX-Request")
def qualify(request: PageRequest, access: Access) -> HttpResponse:
    """Show the dialogue to answer next, or how the person stands and what they can do."""
    return show_qualification(request, access)


@require_POST
@require_role()
def begin(request: PageRequest, access: Access) -> HttpResponse:
    """Begin an attempt, or go on with the one under way."""
    return show_after(request, access, begin_attempt(project=access.project, user=access.user))


@require_POST
@require_role()
def show(request: PageRequest, access: Access) -> HttpResponse:
    """Show the dialogue of the page, which was hidden until now."""
    show_attempt_item(project=access.project, user=access.user, lease=posted_lease(request))
    if not request.htmx:
        return redirect("annotation:qualify", access.project.slug)
    return show_qualification(request, access)


@require_POST
@require_role()
def answer(request: PageRequest, access: Access) -> HttpResponse:
    """Record the answer and show the next dialogue; after the last, the result."""
    form = JudgementForm(request.POST, categories=categories_of(access.project))
    lease, external_id = posted_lease(request), posted_item(request)
    tried = attempt(
        form,
        lambda: answer_attempt_item(
            project=access.project, user=access.user, external_id=external_id, lease=lease, answer=form.to_answer()
        ),
    )
    if tried.is_done:
        return show_after(request, access, tried.result)
    if tried.refusal and not isinstance(tried.refusal, NotShown):
        return show_refused_answer(request, access, form, tried.refusal)
    standing = queries.standing_of(access.project, access.user)
    shown = form if standing.current and standing.current.lease == lease else None
    return show_qualification(request, access, standing, shown, status=tried.status)


@require_safe
@require_role()
def result(request: PageRequest, access: Access, number: int) -> HttpResponse:
    """Show the result of one's own attempt, with feedback on every dialogue."""
    attempts = QualificationAttempt.objects.filter(annotator__project=access.project, annotator__user=access.user)
    found = attempts.filter(number=number, ended_at__isnull=False).first() if number < 32_768 else None
    if found is None:
        raise Http404("No attempt of yours has this number and is over.")
    context = {
        "access": access,
        "page": "label",
        "attempt": found,
        "standing": queries.standing_of(access.project, access.user),
        "feedback": feedback_on_attempt(access.project, found),
        "names": category_names(access.project),
        "is_masked": queries.person_of(access.user).masks_text,
    }
    return render(request, "annotation/qualify_result.html", context)


def show_after(request: PageRequest, access: Access, attempt: QualificationAttempt) -> HttpResponse:
    """Show the next dialogue of an attempt, or its result once it is over."""
    if attempt.ended_at is None:
        return (
            show_qualification(request, access) if request.htmx else redirect("annotation:qualify", access.project.slug)
        )
    there = redirect("annotation:qualify-result", access.project.slug, attempt.number)
    return HttpResponseClientRedirect(there.url) if request.htmx else there


def show_qualification(
    request: PageRequest,
    access: Access,
    standing: Standing | None = None,
    form: JudgementForm | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """
    Show the qualification page, or its fragment to htmx.

    While the person has to rest, no dialogue that they have not seen yet.

    :param form: as the person filled it in; None for an empty one
    """
    standing = standing or queries.standing_of(access.project, access.user)
    resting = None if standing.held else queries.resting_now(access.project, access.user)
    context: dict[str, Any] = {"access": access, "page": "label", "standing": standing, "resting": resting}
    if (current := standing.current) and not resting:
        form = form or JudgementForm(categories=categories_of(access.project))
        is_shown = current.shown_at is not None
        context |= {"lease": {"id": current.lease}, "is_shown": is_shown}
        context |= judgement_context(access, current.item, form, is_shown=is_shown)
        context["waited"] = not is_shown and not queries.person_of(access.user).masks_text
    return render(request, TEMPLATE + ("#labelling" if request.htmx else ""), context, status=status)


def show_refused_answer(request: PageRequest, access: Access, form: JudgementForm, refusal: Refused) -> HttpResponse:
    """Say why an answer was not taken, and show what it contained."""
    context = {
        "access": access,
        "page": "label",
        "reason": refusal,
        "typed": describe_choices(form, category_names(access.project)),
    }
    return render(request, TEMPLATE + ("#refused" if request.htmx else ""), context, status=409)
