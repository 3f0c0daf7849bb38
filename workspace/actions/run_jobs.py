"""Run a job on a worker and record how it ended, whatever happens."""

import logging
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import psycopg
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from corpus.actions.statistics import refresh_statistics
from corpus.errors import Refused
from corpus.importing.options import ReadOptions
from corpus.importing.report import ImportReport, OnReject, RejectedRow
from corpus.queries import check_in_use
from corpus.stores import StoreAway, store
from releases.actions import make_release
from releases.models import Release
from releases.pushing.push import push_release
from releases.spec import ReleaseSpec
from workspace.actions.import_annotated import import_annotated
from workspace.actions.import_opinions import OPINION_TABLES, import_opinions
from workspace.actions.uploads import delete_quietly
from workspace.models import Job
from workspace.queries.jobs import IMPORTS, UPLOADS, rejected_rows_name, unclaimed, upload_name, upload_path

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
SECONDS_BETWEEN_HEARTBEATS = 1.0
REPEAT = "Nothing was kept: start it again once that is mended."
Progress = Callable[[float], None]


class LostClaim(Exception):
    """Another worker has taken the job over."""


def run_job(*, job_id: int) -> None:
    """Run a job if no worker has claimed it. Safe to deliver twice, and after a worker was killed."""
    job = claim_job(job_id)
    if job is None:
        return
    if job.result is not None:  # its worker was killed after what it made was committed, and before this was recorded
        end_job(job, Job.State.DONE, result=job.result)
        return
    if job.attempts > MOST_ATTEMPTS:
        end_job(job, Job.State.FAILED, error=f"The worker that ran it was killed {MOST_ATTEMPTS} times.")
        return
    try:
        check_in_use(job.project)
        with heartbeat(job) as progress:
            result = RUNNERS[job.kind](job, progress)
        end_job(job, Job.State.DONE, result=result)
    except LostClaim:
        logger.warning("job %s was taken over by another worker; what this one did is undone", job.pk)
    except StoreAway as away:
        logger.warning("job %s is put off: %s", job.pk, away)
        put_off(job)
    except Refused as refusal:
        end_job(job, Job.State.FAILED, error=str(refusal))
    except OSError as error:
        end_job(job, Job.State.FAILED, error=f"A file cannot be read or written: {error.strerror}. {REPEAT}")
    except (OperationalError, InterfaceError) as error:
        if reason := lack_of_space(error):
            end_job(job, Job.State.FAILED, error=f"{reason} {REPEAT}")
            return
        # The database is away. The job stays, and is queued again once its heartbeat has stopped for long enough.
        logger.warning("job %s is put off: %s", job.pk, type(error).__name__)
    except Exception:
        end_job(job, Job.State.FAILED, error="A program error ended it; see the worker's log. Nothing was kept.")
        raise


def put_off(job: Job) -> None:
    """Let a job wait until the schedule queues it again, as if it had not begun: it lacks files that will come back."""
    Job.objects.filter(pk=job.pk, holder=job.holder).update(state=Job.State.WAITING, attempts=F("attempts") - 1)


def lack_of_space(error: Exception) -> str:
    """Return what the database has run out of; empty if that is not what is wrong with it."""
    if isinstance(error.__cause__, psycopg.errors.DiskFull):
        return f"The disk of the database is full: {str(error).splitlines()[0]}."
    if isinstance(error.__cause__, psycopg.errors.OutOfMemory):
        return f"The database has no memory left: {str(error).splitlines()[0]}."
    return ""


def claim_job(job_id: int) -> Job | None:
    """Claim a job for this worker, or return None if another worker has it."""
    claimed = (
        unclaimed()
        .filter(pk=job_id)
        .update(
            state=Job.State.RUNNING,
            holder=secrets.token_hex(8),
            seen_at=Now(),
            attempts=F("attempts") + 1,
            started_at=timezone.now(),
        )
    )
    return Job.objects.select_related("project__taxonomy", "by").get(pk=job_id) if claimed else None


def end_job(job: Job, state: str, *, result: dict[str, Any] | None = None, error: str = "") -> None:
    """Record the end of a job and delete its upload, unless another worker has taken the job over."""
    ended = Job.objects.filter(pk=job.pk, holder=job.holder).update(
        state=state,
        result=result,
        error=error,
        ended_at=timezone.now(),
        share=1.0 if result is not None else F("share"),
    )
    if ended and job.kind in IMPORTS:
        delete_quietly(upload_name(job))


@contextmanager
def heartbeat(job: Job) -> Iterator[Progress]:
    """
    Store the job's progress and the time every second while the block runs.

    A thread does it, on a connection of its own: the job's own transaction shows nothing before it commits.
    """
    done, share = threading.Event(), [0.0]

    def beat() -> None:
        while not done.wait(SECONDS_BETWEEN_HEARTBEATS):
            try:
                Job.objects.filter(pk=job.pk, holder=job.holder).update(seen_at=Now(), share=share[0])
            except DatabaseError:
                connection.close()
        connection.close()

    def progress(share_done: float) -> None:
        share[0] = share_done

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield progress
    finally:
        done.set()
        thread.join()


def run_import(job: Job, progress: Progress) -> dict[str, Any]:
    """Import the job's upload, write its rejected rows to a file, and return the result."""
    importer, tables = IMPORTERS[job.kind]
    with transaction.atomic(), rejected_rows_file(job) as on_reject:
        report = importer(
            project=job.project,
            path=upload_path(job),
            name=job.subject,
            by=job.by,
            on_reject=on_reject,
            progress=progress,
            **({"options": ReadOptions.from_dict(job.request)} if job.kind == Job.Kind.DIALOGUES else {}),
        )
        result = report.as_dict()
        record_result(job, result)
    refresh_statistics(*tables, rows=report.created)
    return result


def record_result(job: Job, result: dict[str, Any]) -> None:
    """
    Record what a job made, in the transaction that makes it: a worker killed at any moment leaves both or neither.

    :raises LostClaim: if another worker has taken the job over
    """
    if not Job.objects.filter(pk=job.pk, holder=job.holder).update(result=result):
        raise LostClaim


@contextmanager
def rejected_rows_file(job: Job) -> Iterator[OnReject]:
    """
    Open the list of the rows that an import rejects, and put it in its place at the end of the block.

    Each worker writes a file of its own, because a job may be taken over from a worker that still runs.
    """
    place, name = store(), rejected_rows_name(job)
    folder = Path(settings.ASSIZE_HOME) / UPLOADS
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{job.pk}.{job.holder}.part"
    try:
        with part.open("wb") as file:

            def write_rejected(rejected: RejectedRow) -> None:
                line = {"row": rejected.row, "id": rejected.id, "field": rejected.field, "reason": rejected.reason}
                file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))

            yield write_rejected
        place.take(name, part)
    finally:
        part.unlink(missing_ok=True)


def run_release(job: Job, progress: Progress) -> dict[str, Any]:
    """Make the release that the job asks for, and return its version, row count and hashes."""
    request = dict(job.request)
    policy_name = request.pop("policy")
    request["splits"] = tuple(request["splits"])
    request["licenses"] = tuple(request["licenses"]) if request["licenses"] else None
    result: dict[str, Any] = {}

    def on_record(release: Release) -> None:
        result.update(version=release.version, rows=release.rows, files=release.hashes)
        record_result(job, result)

    spec = ReleaseSpec(**request)
    make_release(
        project=job.project, spec=spec, policy_name=policy_name, by=job.by, progress=progress, on_record=on_record
    )
    return result


def run_push(job: Job, progress: Progress) -> dict[str, Any]:
    """Push the release that the job names; a push that a killed worker began goes on, as `push_release` says."""
    pushed = push_release(project=job.project, by=job.by, on_share=progress, **job.request)
    return {
        "url": pushed.url,
        "sent": len(pushed.sent),
        "unchanged": len(pushed.unchanged),
        "others": pushed.others,
        "private": pushed.is_private,
    }


IMPORTERS: dict[str, tuple[Callable[..., ImportReport], tuple[str, ...]]] = {
    Job.Kind.DIALOGUES.value: (import_annotated, ("corpus_item",)),
    Job.Kind.VOTES.value: (import_opinions, OPINION_TABLES),
}
"What imports each kind of file, and the tables that it fills."
RUNNERS: dict[str, Callable[[Job, Progress], dict[str, Any]]] = {
    Job.Kind.DIALOGUES: run_import,
    Job.Kind.VOTES: run_import,
    Job.Kind.RELEASE: run_release,
    Job.Kind.PUSH: run_push,
}
