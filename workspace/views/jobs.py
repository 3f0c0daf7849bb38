"""What the tables of imports and of releases in progress show."""

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Paginator
from django.utils import timezone

from corpus.access import Access, PageRequest
from workspace.queries.jobs import jobs_of, progress_of

JOBS_A_PAGE = 10


def asks_for_jobs(request: PageRequest) -> bool:
    """Return whether a page's script asks for its table of jobs alone."""
    return bool(request.htmx) and request.headers.get("HX-Target") == "jobs"


def jobs_context(request: PageRequest, access: Access, kinds: Sequence[str], *, page: str) -> dict[str, Any]:
    """
    Return what the table of jobs of these kinds needs; it polls while `is_live`.

    :param page: the key of the page's entry, which is the name of its URL, too
    """
    shown = Paginator(jobs_of(access.project, kinds), JOBS_A_PAGE).get_page(request.GET.get("at"))
    now = timezone.now()
    return {
        "access": access,
        "page": page,
        "shown": shown,
        "jobs": [(job, progress_of(job, now)) for job in shown],
        "where": f"workspace:{page}",
        "is_live": any(job.is_open for job in shown),
    }
