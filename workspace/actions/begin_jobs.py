"""Create jobs for a worker: imports of uploaded files, and releases."""

import secrets
from collections.abc import Callable
from functools import partial
from typing import IO

from django.contrib.auth.models import User
from django.db import transaction

from corpus.actions import record_event
from corpus.errors import Refused
from corpus.importing.options import NO_OPTIONS, ReadOptions
from corpus.models import Project, Verb
from corpus.stores import store
from releases.actions import check_spec, folder_of
from releases.spec import ReleaseSpec
from workspace.actions.uploads import checked_blocks, delete_quietly, suffix_of
from workspace.models import Job
from workspace.queries.jobs import upload_name

Enqueue = Callable[[int], None]
"Sends a job, by its primary key, to a worker; callers pass `workspace.tasks.enqueue_job`, which actions cannot import."


def begin_import(
    *,
    project: Project,
    kind: Job.Kind,
    name: str,
    content: IO[bytes],
    most_bytes: int,
    enqueue: Enqueue,
    by: User | None = None,
    options: ReadOptions = NO_OPTIONS,
    is_draft: bool = False,
) -> Job:
    """
    Store an upload and create the job that imports it; a worker gets the job when the transaction commits.

    :param name: of the file; its extension names the format
    :param options: how to read dialogues
    :param is_draft: only keep the upload, for a preview; `start_import` has it imported
    :raises Refused: if the name does not tell the format, the disk is full, or votes have options
    :raises TooLarge: if it has more than `most_bytes`
    """
    if kind != Job.Kind.DIALOGUES and options != NO_OPTIONS:
        raise Refused("A form, columns and made ids are for dialogues; votes have one form.")
    request = {"name": name[-200:], "suffix": suffix_of(name), "token": secrets.token_hex(12), **options.as_dict()}
    state = Job.State.DRAFT if is_draft else Job.State.WAITING
    job = Job(project=project, kind=kind, state=state, by=by, request=request)
    place, stored_as = store(), upload_name(job)
    written = place.write(stored_as, checked_blocks(content, most_bytes, name=name[-200:]))
    request["sha256"] = written.sha256
    try:
        with transaction.atomic():
            job.save()
            detail = {"job": job.pk, "kind": kind}
            record_event(project=project, verb=Verb.UPLOAD_TAKEN, subject=name[-200:], actor=by, detail=detail)
    except BaseException:
        delete_quietly(stored_as)
        raise
    if not is_draft:
        transaction.on_commit(partial(enqueue, job.pk))
    return job


def begin_release(
    *, project: Project, spec: ReleaseSpec, enqueue: Enqueue, policy_name: str | None = None, by: User | None = None
) -> Job:
    """
    Create the job that makes a release; a worker gets it when the transaction commits.

    :raises Refused: if the version exists already, or the spec is not valid
    """
    check_spec(project, spec, folder_of(project, spec))
    request = {**vars(spec), "policy": policy_name}
    del request["out"]
    job = Job.objects.create(project=project, kind=Job.Kind.RELEASE, by=by, request=request)
    transaction.on_commit(partial(enqueue, job.pk))
    return job
