"""Uploads that are previewed before their import: start their import, or delete them."""

from functools import partial

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from corpus.actions import record_event
from corpus.errors import Refused
from corpus.importing.options import ReadOptions
from corpus.models import Verb
from corpus.stores import store
from workspace.actions.begin_jobs import Enqueue
from workspace.actions.uploads import delete_quietly, is_old
from workspace.models import Job
from workspace.queries.jobs import upload_name


@transaction.atomic
def start_import(*, job: Job, options: ReadOptions, enqueue: Enqueue, by: User | None = None) -> None:
    """
    Have a worker import an upload that was previewed.

    :raises Refused: if it is imported already, or was discarded
    """
    request = job.request | options.as_dict()
    drafts = Job.objects.filter(pk=job.pk, state=Job.State.DRAFT)
    if not drafts.update(state=Job.State.WAITING, request=request, by=by, made_at=timezone.now()):
        raise Refused("It is imported already, or was discarded.")
    transaction.on_commit(partial(enqueue, job.pk))


@transaction.atomic
def discard_upload(*, job: Job, by: User | None = None) -> bool:
    """Delete an upload that is not imported yet; return whether it was one."""
    if not delete_draft(job):
        return False
    detail = {"job": job.pk, "kind": job.kind}
    record_event(project=job.project, verb=Verb.UPLOAD_DISCARDED, subject=job.subject, actor=by, detail=detail)
    return True


def delete_left_drafts() -> None:
    """Delete the uploads that nobody has imported within a day, or whose file is gone."""
    place = store()
    for job in Job.objects.filter(state=Job.State.DRAFT).select_related("project"):
        found = place.find(upload_name(job))
        if not found or is_old(found):
            discard_upload(job=job)


def delete_draft(job: Job) -> bool:
    """Delete an upload that is not imported yet, and its file; return whether it was one."""
    deleted, _ = Job.objects.filter(pk=job.pk, state=Job.State.DRAFT).delete()
    if deleted:
        transaction.on_commit(partial(delete_quietly, upload_name(job)))
    return bool(deleted)
