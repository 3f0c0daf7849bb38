"""
How far a person is with the dialogues that were open to them when they started, for the top of the labelling page.

Counted once, as they start, and then by their own votes alone: a number that stood still after an answer would tell
that the dialogue was a check, and one that moved by itself, that others voted.
"""

from annotation.queries import own_progress
from corpus.access import Access, PageRequest

KEY = "label-start"


def remember_start(request: PageRequest, access: Access) -> None:
    """Remember in the browser session how many dialogues are open to the person now."""
    own = own_progress(access.project, access.user)
    request.session[KEY] = {"project": access.project.pk, "votes": own["votes_today"], "total": own["items_left"]}


def progress_since_start(request: PageRequest, access: Access, votes_today: int) -> dict[str, int] | None:
    """
    Return the votes since the person started (`done`) and the dialogues open to them then (`total`).

    :return: None if they did not start here today, or have done more than there was
    """
    start = request.session.get(KEY)
    if not start or start["project"] != access.project.pk:
        return None
    done = votes_today - start["votes"]
    return {"done": done, "total": start["total"]} if 0 <= done <= start["total"] else None
