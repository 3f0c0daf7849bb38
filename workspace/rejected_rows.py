"""Serve the rows that an import rejected."""

from collections.abc import Mapping

from django.http import Http404, HttpResponseBase

from corpus.file_responses import file_response
from corpus.stores import store
from workspace.models import Job
from workspace.queries.jobs import rejected_rows_name


def rejected_rows_response(
    method: str | None, headers: Mapping[str, str], job: Job, *, may_link: bool = False
) -> HttpResponseBase:
    """
    Return the list of the rows that an import rejected, whole or in part.

    :raises Http404: if the job has none, or has not ended
    :raises StoreProblem: if the store of files cannot be used
    """
    place = store()
    found = place.find(rejected_rows_name(job))
    if not found:
        raise Http404("This job has no refused rows, or has not ended.")
    etag = f"refused-{job.pk}-{found.bytes}-{found.changed_at:.6f}"
    return file_response(method, headers, place, found, etag, content_type="application/x-ndjson", may_link=may_link)
