"""Where an annotator's day begins."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from annotation import queries
from annotation.actions import news_for
from annotation.queries import own_progress, rest_of
from corpus.access import Access, PageRequest, require_role
from corpus.queries import category_names

LATEST_VOTES = 8
LATEST_AUDITS = 5


@require_safe
@require_role()
def work(request: PageRequest, access: Access) -> HttpResponse:
    """One button to the next item, how far things are, one's own last votes, and what leads wrote."""
    project, user = access.project, access.user
    context = {
        "access": access,
        "page": "work",
        "names": category_names(project),
        "own": own_progress(project, user),
        "rest": rest_of(project, user),
        "votes": queries.own_votes(project, user).order_by("-cast_at")[:LATEST_VOTES],
        "news": news_for(project=project, user=user),
        "audits": queries.audits_for(project, user)[:LATEST_AUDITS],
    }
    return render(request, "annotation/work.html", context)
