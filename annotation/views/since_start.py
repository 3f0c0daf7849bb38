"""
How far a person is with the dialogues that were open to them when they started, for the top of the labelling page.

Counted once, as they start, and then by their own votes alone: a number that stood still after an answer would tell
that the dialogue was a check, and one that moved by itself, that others voted.
"""

from datetime import datetime, timedelta

from django.utils import timezone

from annotation.queries import own_progress, votes_cast_since
from annotation.session import read_session
from corpus.access import Access, PageRequest

KEY = "label-began"
DAY_OF_WORK = timedelta(hours=12)
"After which what was open at the start says nothing any more."


def remember_start(request: PageRequest, access: Access) -> None:
    """Remember in the browser session how many dialogues are open to the person now."""
    now = read_session(access.project, access.user).now.isoformat()  # by the clock that votes have
    total = own_progress(access.project, access.user)["items_left"]
    request.session[KEY] = {"project": access.project.pk, "at": now, "total": total}


def progress_since_start(request: PageRequest, access: Access) -> dict[str, int] | None:
    """
    Return the votes here since the person started (`done`) and the dialogues open to them then (`total`).

    :return: None if they started elsewhere or half a day ago, or have done more than there was
    """
    start = request.session.get(KEY)
    if not start or start["project"] != access.project.pk:
        return None
    at = datetime.fromisoformat(start["at"])
    if timezone.now() - at > DAY_OF_WORK:
        return None
    done = votes_cast_since(access.project, access.user, at)
    return {"done": done, "total": start["total"]} if done <= start["total"] else None
