"""The pages on which people find and correct their own votes."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from annotation import queries
from annotation.actions import Answer, NotShown, Superseded, correct_vote
from annotation.forms.judgement import JudgementForm, describe_choices, form_of_vote, judgement_context
from annotation.forms.questions import keys_of_questions
from annotation.forms.search import SearchForm
from annotation.models import Vote
from annotation.showing import prove_shown, was_shown
from corpus.access import Access, PageRequest, require_role
from corpus.attempt import attempt
from corpus.queries import asked_of_people, categories_of, category_names

VOTES_PER_PAGE = 50
NO_SUCH_VOTE = "No vote of yours has this id."


@require_safe
@require_role()
def votes(request: PageRequest, access: Access) -> HttpResponse:
    """Show the person's own votes, newest first, filtered by words, label and category."""
    form = SearchForm(request.GET or None, categories=categories_of(access.project))
    matching = queries.own_votes_matching(access.project, access.user, **form.criteria())
    context = {
        "access": access,
        "page": "votes",
        "form": form,
        "votes": Paginator(matching, VOTES_PER_PAGE).get_page(request.GET.get("at")),
        "names": category_names(access.project),
    }
    return render(request, "annotation/votes.html" + ("#found" if request.htmx else ""), context)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role()
def correct(request: PageRequest, access: Access, vote: int) -> HttpResponse:
    """Show one vote, and supersede it by another while its batch is open."""
    if request.method == "POST" and "show" not in request.POST:
        return save_correction(request, access, vote)
    before = queries.own_votes(access.project, access.user).filter(pk=vote).first()
    if before is None:
        return redirect_to_correction(access, vote)
    categories, questions = categories_of(access.project), asked_of_people(access.project)
    form = form_of_vote(access.project, before, categories, questions)
    return show_vote(request, access, before, form, is_shown=is_dialogue_shown(request, access, vote))


def save_correction(request: PageRequest, access: Access, vote: int) -> HttpResponse:
    """
    Supersede a vote by the answer of the page, or show the page again with the answer and why it was not taken.

    :raises Http404: if this person has no such vote
    """
    # A vote that another tab has corrected is found too, so that what this one sends is not dropped unread.
    before = queries.all_own_votes(access.project, access.user).filter(pk=vote).first()
    if before is None:
        raise Http404(NO_SUCH_VOTE)
    form = JudgementForm(
        request.POST, categories=categories_of(access.project), questions=asked_of_people(access.project)
    )
    is_shown = is_dialogue_shown(request, access, vote)
    tried = attempt(form, lambda: correct_shown_vote(access, vote, form.to_answer(), is_shown=is_shown))
    if tried.is_done:
        messages.success(request, f"Your vote on {before.item.external_id} is corrected.")
        page = "annotation:label" if came_from(request) == "label" else "annotation:votes"
        return redirect(page, access.project.slug)
    if isinstance(tried.refusal, Superseded):
        return show_rejected_correction(request, access, form, tried.refusal)
    return show_vote(request, access, before, form, is_shown=is_shown, status=tried.status)


def show_vote(
    request: PageRequest, access: Access, vote: Vote, form: JudgementForm, *, is_shown: bool, status: int = 200
) -> HttpResponse:
    """
    Show the page of a vote, or its fragment to htmx, with a form filled in.

    :param is_shown: whether the page shows the dialogue
    """
    context = {"access": access, "page": "votes", "vote": vote, "came_from": came_from(request)}
    context |= judgement_context(access, vote.item, form, is_shown=is_shown)
    context |= {"question_keys": keys_of_questions(form.questions)}
    context |= {"is_closed": queries.is_closed(vote), "audit": queries.audit_of(vote.item)}
    context["shown"] = prove_shown(access.user.pk, f"vote {vote.pk}") if is_shown else ""
    return render(request, "annotation/correct.html" + ("#labelling" if request.htmx else ""), context, status=status)


def show_rejected_correction(
    request: PageRequest, access: Access, form: JudgementForm, refusal: Superseded
) -> HttpResponse:
    """Say that the vote has been corrected already, and show what the answer contained."""
    context = {
        "access": access,
        "page": "votes",
        "reason": refusal,
        "vote": refusal.vote,
        "came_from": came_from(request),
        "typed": describe_choices(form, category_names(access.project)),
    }
    return render(request, "annotation/corrected_already.html", context, status=409)


def came_from(request: PageRequest) -> str:
    """Return the name of the page from which the person came to correct a vote; empty for that of their votes."""
    return request.POST.get("from") or request.GET.get("from", "")


def is_dialogue_shown(request: PageRequest, access: Access, vote: int) -> bool:
    """Return whether the page shows the dialogue: the person hides none, asks for it now, or had it shown before."""
    if not queries.person_of(access.user).masks_text or "show" in request.POST:
        return True
    return was_shown(access.user.pk, f"vote {vote}", request.POST.get("shown", ""))


def correct_shown_vote(access: Access, vote: int, answer: Answer, *, is_shown: bool) -> Vote:
    """
    Supersede a vote whose dialogue the page has shown.

    :raises NotShown: if it has not
    """
    if not is_shown:
        raise NotShown
    return correct_vote(project=access.project, user=access.user, vote=vote, answer=answer)


def redirect_to_correction(access: Access, vote: int) -> HttpResponse:
    """
    Redirect from a superseded vote to the one that supersedes it.

    :raises Http404: if this person has no such vote
    """
    later = Vote.objects.filter(supersedes=vote, annotator__user=access.user).first()
    if later is None:
        raise Http404(NO_SUCH_VOTE)
    return redirect("annotation:correct", access.project.slug, later.pk)
