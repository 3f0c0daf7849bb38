"""Work for a worker that a person waits for: begun, done, and ended in every case."""

import logging
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import orjson
from django.contrib.auth.models import User
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from corpus.actions import import_dialogues, record_event
from corpus.actions.imports import refresh_statistics as refresh_item_statistics
from corpus.errors import Refused
from corpus.importing.readers import EXTENSIONS, check_not_archive
from corpus.importing.report import ImportReport, OnReject, RejectedRow
from corpus.models import Project, Verb
from releases.actions import ReleaseSpec, check_spec, folder_of, make_release
from releases.models import Release
from workspace.actions.import_opinions import import_opinions
from workspace.actions.import_opinions import refresh_statistics as refresh_opinion_statistics
from workspace.models import Job
from workspace.queries import jobs

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
SECONDS_BETWEEN_SIGNS = 1.0
BLOCK = 2**20
Progress = Callable[[float], None]


class TooLarge(Refused):
    """An upload has more bytes than are taken."""

    code = "too_large"
    status = 413


def suffix_of(name: str) -> str:
    """
    Return the ending of a file's name that says what form it has.

    :raises Refused: if it says none
    """
    path = Path(name)
    ending = path.suffix.lower()
    inner = Path(path.stem).suffix.lower() if ending == ".gz" else ending
    if ending in (".zip", ".7z", ".rar", ".xz", ".zst", ".bz2", ".tar", ".tgz"):
        raise Refused(f"Archives are not unpacked here ({ending}). Send the file in it; gzip is taken, too.")
    if inner not in EXTENSIONS:
        raise Refused(f"The name must end in {', '.join(sorted(EXTENSIONS))}, each also with .gz: not {name[-60:]!r}.")
    return inner + (".gz" if ending == ".gz" else "")


def begin_import(
    *, project: Project, kind: Job.Kind, name: str, content: IO[bytes], most_bytes: int, by: User | None = None
) -> Job:
    """
    Keep an upload for a worker to import; hand the job to one with workspace.tasks.run_job.

    :param name: of the file, for its ending
    :raises Refused: if the name does not say what form it has, or the disk is full
    :raises TooLarge: if there is more than `most_bytes` of it
    """
    request = {"name": name[-200:], "suffix": suffix_of(name), "token": secrets.token_hex(12)}
    job = Job(project=project, kind=kind, by=by, request=request)
    path = jobs.uploaded(job)
    try:
        keep(content, path, most_bytes)
        with transaction.atomic():
            job.save()
            detail = {"job": job.pk, "kind": kind}
            record_event(project=project, verb=Verb.UPLOAD_TAKEN, subject=name[-200:], actor=by, detail=detail)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return job


def keep(content: IO[bytes], path: Path, most_bytes: int) -> None:
    size = 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            while block := content.read(BLOCK):
                if not size:
                    check_not_archive("The file", block)
                size += len(block)
                if size > most_bytes:
                    raise TooLarge(f"The file has more than {most_bytes:,} bytes. Split it, or import it by command.")
                file.write(block)
            file.flush()
            os.fsync(file.fileno())  # whoever is told that it was taken may rely on it
    except OSError as error:
        raise Refused(f"The upload cannot be kept: {error.strerror}.") from error


def begin_release(
    *, project: Project, spec: ReleaseSpec, policy_name: str | None = None, by: User | None = None
) -> Job:
    """
    Have a worker make a release.

    :raises Refused: if there is one of that version already, or the spec makes no sense
    """
    check_spec(project, spec, folder_of(project, spec))
    request = {**vars(spec), "policy": policy_name}
    del request["out"]
    return Job.objects.create(project=project, kind=Job.Kind.RELEASE, by=by, request=request)


def work_job(*, job_id: int) -> None:
    """Do a job, if it is nobody's. Harmless to deliver twice, and after a worker was killed."""
    holder = secrets.token_hex(8)
    taken = (
        jobs.unclaimed()
        .filter(pk=job_id)
        .update(
            state=Job.State.RUNNING, holder=holder, seen_at=Now(), attempts=F("attempts") + 1, started_at=timezone.now()
        )
    )
    if not taken:
        return
    job = Job.objects.select_related("project__taxonomy", "by").get(pk=job_id)
    if job.attempts > MOST_ATTEMPTS:
        end(job, Job.State.FAILED, error=f"The worker that did it was killed {MOST_ATTEMPTS} times.")
        return
    try:
        with signs_of_life(job) as progress:
            result = DOING[job.kind](job, progress)
        end(job, Job.State.DONE, result=result)
    except Refused as refusal:
        end(job, Job.State.FAILED, error=str(refusal))
    except OSError as error:
        end(job, Job.State.FAILED, error=f"A file cannot be read or written: {error.strerror}. Nothing was kept.")
    except (OperationalError, InterfaceError) as error:
        # The database is away. The job stays, and is handed out once more when nobody gives signs of life for it.
        logger.warning("job %s is put off: %s", job.pk, type(error).__name__)
    except Exception:
        end(
            job,
            Job.State.FAILED,
            error="A fault of the program ended it; the worker's log says more. Nothing was kept.",
        )
        raise


def end(job: Job, state: str, *, result: dict[str, Any] | None = None, error: str = "") -> None:
    """Put the end of a job down, unless another worker has taken it over."""
    ended = Job.objects.filter(pk=job.pk, holder=job.holder).update(
        state=state,
        result=result,
        error=error,
        ended_at=timezone.now(),
        share=1.0 if result is not None else F("share"),
    )
    if ended and job.kind != Job.Kind.RELEASE:
        jobs.uploaded(job).unlink(missing_ok=True)


@contextmanager
def signs_of_life(job: Job) -> Iterator[Progress]:
    """Tell how far a job is once a second, from a thread: its own transaction shows nothing until it is over."""
    done, share = threading.Event(), [0.0]

    def tell() -> None:
        while not done.wait(SECONDS_BETWEEN_SIGNS):
            try:
                Job.objects.filter(pk=job.pk, holder=job.holder).update(seen_at=Now(), share=share[0])
            except DatabaseError:
                connection.close()
        connection.close()

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()

    def progress(so_far: float) -> None:
        share[0] = so_far

    try:
        yield progress
    finally:
        done.set()
        thread.join()


def do_import(job: Job, progress: Progress) -> dict[str, Any]:
    path, refused = jobs.uploaded(job), jobs.refused_rows(job)
    with refused.open("wb") as file:

        def write_rejected(refusal: RejectedRow) -> None:
            line = {"row": refusal.row, "id": refusal.id, "field": refusal.field, "reason": refusal.reason}
            file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))

        report = read(job, path, write_rejected, progress)
    return report.as_dict()


def read(job: Job, path: Path, on_reject: OnReject, progress: Progress) -> ImportReport:
    about: dict[str, Any] = {"project": job.project, "path": path, "name": job.subject, "by": job.by}
    if job.kind == Job.Kind.DIALOGUES:
        report = import_dialogues(**about, on_reject=on_reject, progress=progress)
        refresh_item_statistics()
    else:
        report = import_opinions(**about, on_reject=on_reject, progress=progress)
        refresh_opinion_statistics()
    return report


def do_release(job: Job, progress: Progress) -> dict[str, Any]:
    request = dict(job.request)
    policy_name = request.pop("policy")
    request["splits"] = tuple(request["splits"])
    request["licenses"] = tuple(request["licenses"]) if request["licenses"] else None
    release = None
    if job.attempts > 1:  # the worker that was killed may have come to its end
        release = Release.objects.filter(project=job.project, version=request["version"]).first()
    release = release or make_release(
        project=job.project, spec=ReleaseSpec(**request), policy_name=policy_name, by=job.by, progress=progress
    )
    return {"version": release.version, "rows": release.rows, "files": release.hashes}


DOING: dict[str, Callable[[Job, Progress], dict[str, Any]]] = {
    Job.Kind.DIALOGUES: do_import,
    Job.Kind.VOTES: do_import,
    Job.Kind.RELEASE: do_release,
}
