"""Create the job that pushes a release, where the person may have it sent."""

from functools import partial

from django.contrib.auth.models import User
from django.db import transaction

from corpus.actions import lock_in_use, record_event
from corpus.models import Event, Project, Verb
from corpus.queries import is_site_admin
from releases.pushing.destinations import Destination, key_name_of
from releases.pushing.push import check_push
from workspace.actions.begin_jobs import Enqueue
from workspace.actions.webhooks import NotForAdmins
from workspace.models import Job


@transaction.atomic
def begin_push(
    *, project: Project, version: str, to: str, key_name: str, is_public: bool, enqueue: Enqueue, by: User | None = None
) -> Job:
    """
    Create the job that pushes a release; a worker gets it when the transaction commits.

    The same push that is still open is returned as it is, so that a form sent twice pushes once. The key is read by
    the worker: other processes need not have it.

    :param to: `hf:NAMESPACE/NAME` or `s3://BUCKET/PREFIX`
    :param key_name: the variable with the key; empty for the usual one
    :raises Refused: if there is no such release or place, or the release may not be public there
    :raises NotForAdmins: if the project has not pushed there with that key yet, and the person is no site admin
    """
    lock_in_use(project)
    destination, release = check_push(project, version, to, is_public=is_public)
    variable = key_name_of(destination, key_name)
    check_may_send(project, destination, variable, by)
    request = {"version": version, "to": str(destination), "key_name": variable, "is_public": is_public}
    open_ones = Job.objects.filter(project=project, kind=Job.Kind.PUSH, state__in=Job.OPEN, request=request)
    if same := open_ones.first():
        return same
    job = Job.objects.create(project=project, kind=Job.Kind.PUSH, by=by, request=request)
    detail = {"to": str(destination), "variable": variable, "is_public": is_public, "job": job.pk}
    detail |= {"manifest_sha256": release.manifest_sha256}
    record_event(project=project, verb=Verb.RELEASE_PUSH_ASKED, subject=version, actor=by, detail=detail)
    transaction.on_commit(partial(enqueue, job.pk))
    return job


def check_may_send(project: Project, destination: Destination, variable: str, by: User | None) -> None:
    """
    Check that a person may have data sent to a place with a key, which are both the operator's.

    :raises NotForAdmins: if neither a site admin nor a command had it sent there with that key before
    """
    if by is None or is_site_admin(by):
        return
    asked = Event.objects.filter(
        project=project,
        verb__in=(Verb.RELEASE_PUSH_ASKED, Verb.RELEASE_PUSH_STARTED),
        detail__to=str(destination),
        detail__variable=variable,
    )
    if not asked.exists():
        raise NotForAdmins(
            f"This project has not pushed to {destination} with {variable} yet, and only a site admin may have that "
            "done the first time. Ask one to push there once; after that, you can."
        )
