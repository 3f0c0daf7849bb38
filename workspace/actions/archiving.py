"""Archive a project: what goes on in it ends or pauses, and nothing in it changes any more."""

from django.contrib.auth.models import User
from django.db import transaction

from adjudication.actions import recount
from attacks.actions import end_waiting_turns
from corpus.actions import check_nothing_is_imported, set_archived
from corpus.errors import Refused
from corpus.models import Project
from jury.actions import pause_run
from jury.models import Run
from workspace.models import Job
from workspace.queries.jobs import unclaimed


@transaction.atomic
def archive_project(*, project: Project, reason: str, by: User | None = None) -> Project:
    """
    Archive a project: its decisions are brought up to date, its runs pause, and from then on it is only read.

    Leases run out by themselves. Jobs that wait for a worker fail when one takes them, and messages to the targets of
    attacks at once. Answers of a batch that an endpoint works on come in still, since they are paid for.

    :raises Invalid: if there is no reason
    :raises Refused: if it is archived already, or an import or a release is under way
    """
    check_no_job_runs(project)
    recount(project=project)
    set_archived(project=project, reason=reason, by=by)
    for run in Run.objects.filter(project=project, state=Run.State.RUNNING).order_by("pk"):
        pause_run(run=run, by=by)
    end_waiting_turns(project)
    return project


def check_no_job_runs(project: Project) -> None:
    """
    Check that nothing is being imported or released, and let no import begin until the transaction ends.

    :raises Refused: if something is
    """
    running = Job.objects.filter(project=project, state=Job.State.RUNNING).exclude(pk__in=unclaimed().values("pk"))
    if job := running.first():
        raise Refused(f"{job.get_kind_display()} {job.subject} is under way. Archive the project when it has ended.")
    check_nothing_is_imported(project)
