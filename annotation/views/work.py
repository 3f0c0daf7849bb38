"""The page on which an annotator's day begins."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from annotation import queries
from annotation.actions import guideline_news
from annotation.queries import day_so_far, own_progress
from corpus.access import Access, PageRequest, require_role
from corpus.queries import category_names

LATEST_VOTES = 8
LATEST_AUDITS = 5


@require_safe
@require_role()
def work(request: PageRequest, access: Access) -> HttpResponse:
    """Show a button for the next item, the person's progress and latest votes, and audits of their items."""
    project, user = access.project, access.user
    context = {
        "access": access,
        "page": "label",
        "names": category_names(project),
        "own": own_progress(project, user),
        "rest": day_so_far(project, user),
        "votes": queries.own_votes(project, user).order_by("-cast_at", "-pk")[:LATEST_VOTES],
        "news": guideline_news(project=project, user=user),
        "audits": queries.audits_for(project, user)[:LATEST_AUDITS],
    }
    return render(request, "annotation/work.html", context)
