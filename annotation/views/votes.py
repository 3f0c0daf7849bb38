"""The pages on which people find and correct their own votes."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from annotation import queries
from annotation.actions import correct_vote
from annotation.forms.judgement import JudgementForm, form_of_vote, judgement_context
from annotation.forms.search import SearchForm
from annotation.models import Vote
from corpus.access import Access, PageRequest, require_role
from corpus.attempt import attempt
from corpus.queries import categories_of, category_names

VOTES_PER_PAGE = 50


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
    before = queries.own_votes(access.project, access.user).filter(pk=vote).first()
    if before is None:
        return redirect_to_correction(access, vote)
    categories = categories_of(access.project)
    form = form_of_vote(before, categories)
    status = 200
    if request.method == "POST":
        form = JudgementForm(request.POST, categories=categories)
        tried = attempt(
            form, lambda: correct_vote(project=access.project, user=access.user, vote=vote, answer=form.to_answer())
        )
        if tried.is_done:
            messages.success(request, f"Your vote on {before.item.external_id} is corrected.")
            page = "annotation:label" if request.POST.get("from") == "label" else "annotation:votes"
            return redirect(page, access.project.slug)
        status = tried.status
    context = {"access": access, "page": "votes", "vote": before, "came_from": request.GET.get("from", "")}
    context |= judgement_context(access, before.item, form)
    context |= {"is_closed": queries.is_closed(before), "audit": queries.audit_of(before.item)}
    return render(request, "annotation/correct.html", context, status=status)


def redirect_to_correction(access: Access, vote: int) -> HttpResponse:
    """
    Redirect from a superseded vote to the one that supersedes it.

    :raises Http404: if this person has no such vote
    """
    later = Vote.objects.filter(supersedes=vote, annotator__user=access.user).first()
    if later is None:
        raise Http404("No vote of yours has this id.")
    return redirect("annotation:correct", access.project.slug, later.pk)
