"""The page on which an annotator's day begins."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from annotation import queries
from annotation.actions import guideline_news
from annotation.queries import day_so_far, own_progress
from annotation.queries.background import background_questions
from annotation.queue import find_held_lease
from corpus.access import Access, PageRequest, require_role
from corpus.queries import category_names

LATEST_VOTES = 8
LATEST_AUDITS = 5


@require_safe
@require_role()
def work(request: PageRequest, access: Access) -> HttpResponse:
    """
    Show a button for the next item, or why there is none, the person's progress and latest votes, and audits.

    An item that they hold is theirs to finish, also at a limit.
    """
    project, user = access.project, access.user
    own = own_progress(project, user)
    standing = queries.standing_of(project, user)
    held = standing.held if standing.must_qualify else find_held_lease(project=project, user=user)
    context = {
        "access": access,
        "page": "label",
        "names": category_names(project),
        "own": own,
        "standing": standing,
        "practice_count": queries.practice_gold(project, user).count(),
        "resting": None if held else queries.resting_now(project, user),
        "is_empty": not held
        and not standing.must_qualify
        and queries.has_nothing_open(project, user, own["items_left"]),
        "rest": day_so_far(project, user),
        "votes": queries.own_votes(project, user).order_by("-cast_at", "-pk")[:LATEST_VOTES],
        "news": guideline_news(project=project, user=user),
        "asks_about_me": bool(background_questions(project)),
        "audits": queries.audits_for(project, user)[:LATEST_AUDITS],
    }
    return render(request, "annotation/work.html", context)
