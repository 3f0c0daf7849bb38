"""Uploads and jobs: names and suffixes, states and takeover, refused rows, and what is swept away."""

import gzip
import io
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.utils import timezone

from adjudication.actions.recounts import lock_decisions
from config.embedded.processes import wait_until
from corpus.errors import Refused
from corpus.models import Event, Item
from corpus.stores import Stored
from corpus.stores.folder import FolderStore
from releases.actions import folder_of, make_release
from releases.models import Release
from releases.spec import ReleaseSpec
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.cases import cases
from tests.factories import dialogue, import_dialogues, import_votes, make_project, opinion
from tests.locks import is_waited_for
from tests.stored_files import rejected_rows_path, upload_folder, upload_path
from workspace.actions import TooLarge, begin_import, begin_release, delete_leftovers, run_job
from workspace.actions.run_jobs import MOST_ATTEMPTS, claim_job, end_job
from workspace.actions.uploads import LEFTOVER_AFTER_SECONDS, checked_blocks, is_old, suffix_of
from workspace.models import Job
from workspace.queries.jobs import (
    STALLED_AFTER_SECONDS,
    Progress,
    about,
    progress_of,
    unclaimed,
)
from workspace.serializers import as_job

LINES = b"".join(json.dumps(dialogue(f"u{at}")).encode() + b"\n" for at in range(3))


@cases(
    ("name", "suffix"),
    [
        ("mine.jsonl", ".jsonl"),
        ("mine.json", ".json"),
        ("mine.csv", ".csv"),
        ("mine.parquet", ".parquet"),
        ("MINE.JSONL", ".jsonl"),
        ("mine.Csv.GZ", ".csv.gz"),
        ("mine.jsonl.gz", ".jsonl.gz"),
        ("a.b.c.jsonl", ".jsonl"),
        ("../../etc/mine.csv", ".csv"),
        ("mine.zip.csv", ".csv"),
        ("mine .csv", ".csv"),
        ("漢字.jsonl", ".jsonl"),
        ("x" * 500 + ".jsonl", ".jsonl"),
    ],
)
def test_ending_of_the_name_tells_the_format(name, suffix):
    assert suffix_of(name) == suffix


@cases("name", ["mine", "mine.xls", "jsonl", ".jsonl", "mine.gz", "mine.txt.gz", "mine.csv.gz.gz", "", "."])
def test_name_without_a_known_ending_is_refused(name):
    with pytest.raises(Refused, match=r"The name must end in .*, each also with \.gz: not "):
        suffix_of(name)


@cases("name", ["a.zip", "a.7z", "a.RAR", "a.csv.zip", "a.tar", "a.tgz", "a.jsonl.xz", "a.csv.zst", "a.bz2"])
def test_archive_is_refused_with_advice(name):
    with pytest.raises(Refused, match=r"Archives are not unpacked here .*gzip is accepted"):
        suffix_of(name)


@cases("name", ["mine.csv\n", "mine.csv ", "mine.csv/..", "mine.csv\0"])
def test_ending_with_more_behind_it_is_no_ending(name):
    with pytest.raises(Refused):
        suffix_of(name)


@pytest.mark.parametrize(("size", "limit"), [(0, 0), (0, 10), (10, 10), (2**20, 2**20), (2**20 + 1, 2**20 + 1)])
def test_upload_of_just_the_limit_is_stored(tmp_path, size, limit):
    FolderStore(tmp_path).write("new/up.csv", checked_blocks(io.BytesIO(b"x" * size), limit))
    assert (tmp_path / "new" / "up.csv").stat().st_size == size


@pytest.mark.parametrize(("size", "limit"), [(1, 0), (11, 10), (2**20 + 1, 2**20), (3 * 2**20, 10)])
def test_upload_over_the_limit_is_refused_with_the_number(size, limit):
    with pytest.raises(TooLarge, match=f"has more than {limit:,} bytes. Split it") as refusal:
        list(checked_blocks(io.BytesIO(b"x" * size), limit))
    assert (refusal.value.status, refusal.value.code) == (413, "too_large")


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07"])
def test_archive_under_another_name_is_refused(start):
    with pytest.raises(Refused):
        list(checked_blocks(io.BytesIO(start + b"x" * 100), 1_000))


def test_upload_that_cannot_be_stored_says_why(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="cannot be stored: File exists"):
        FolderStore(tmp_path).write("file/up.csv", [b"x"])
    with pytest.raises(Refused, match="cannot be stored: Is a directory"):
        FolderStore(tmp_path.parent).write(tmp_path.name, [b"x"])


@pytest.fixture(scope="module")
def project(database):
    return make_project()


def begin(project, content=LINES, name="mine.jsonl", most_bytes=10_000, **more):
    """Take an upload, and return its job and the jobs that were queued."""
    queued = []
    job = begin_import(
        project=project, kind=Job.Kind.DIALOGUES, name=name, content=io.BytesIO(content), most_bytes=most_bytes,
        enqueue=queued.append, **more,
    )  # fmt: skip
    return job, queued


def test_upload_is_stored_under_a_name_of_our_own(project):
    job, queued = begin(project, name="../../etc/passwd.JSONL")
    path = upload_path(job)
    assert (path.parent, path.suffix, path.read_bytes()) == (upload_folder(), ".jsonl", LINES)
    assert "passwd" not in path.name
    assert queued == [job.pk]
    assert job.subject == "../../etc/passwd.JSONL"
    event = Event.objects.get(project=project, verb="upload.taken", subject=job.subject)
    assert event.detail == {"job": job.pk, "kind": "dialogues"}


def test_long_name_keeps_its_end(project):
    job, _ = begin(project, name="x" * 300 + ".jsonl")
    assert (len(job.subject), job.subject[-6:]) == (200, ".jsonl")


@pytest.mark.parametrize(
    "wrong", [{"name": "mine.xls"}, {"most_bytes": 5}, {"content": b"PK\x03\x04" + b"x" * 50}, {"name": "a.csv.zip"}]
)
def test_upload_that_is_refused_leaves_no_file_and_no_job(project, wrong):
    before = set(upload_folder().glob("*")), Job.objects.filter(project=project).count()
    with pytest.raises(Refused):
        begin(project, **wrong)
    assert (set(upload_folder().glob("*")), Job.objects.filter(project=project).count()) == before


def test_two_uploads_of_one_name_are_two_files(project):
    (one, _), (two, _) = begin(project), begin(project)
    assert upload_path(one) != upload_path(two)


def make_job(project, state="waiting", seen=None, **values):
    """A job in a state, whose worker was seen so many seconds ago."""
    request = {"name": "mine.jsonl", "suffix": ".jsonl", "token": os.urandom(12).hex()}
    job = Job.objects.create(project=project, kind="dialogues", state=state, **{"request": request} | values)
    if seen is not None:
        Job.objects.filter(pk=job.pk).update(seen_at=timezone.now() - timedelta(seconds=seen))
    upload_folder().mkdir(parents=True, exist_ok=True)
    upload_path(job).write_bytes(LINES)
    return job


@pytest.mark.parametrize(
    ("state", "seen", "free"),
    [
        ("waiting", None, True),
        ("waiting", 0, True),
        ("running", 0, False),
        ("running", STALLED_AFTER_SECONDS - 5, False),
        ("running", STALLED_AFTER_SECONDS + 1, True),
        ("running", 10**7, True),
        ("running", -3_600, False),
        ("done", 10**7, False),
        ("failed", 10**7, False),
    ],
)
def test_job_is_free_while_it_waits_or_once_its_worker_is_silent(project, state, seen, free):
    job = make_job(project, state, seen)
    assert unclaimed().filter(pk=job.pk).exists() is free
    assert (claim_job(job.pk) is not None) is free
    now = Job.objects.get(pk=job.pk)
    assert (now.state, now.attempts) == (("running", 1) if free else (state, 0))


def test_job_is_claimed_by_one_worker_only(project):
    job = make_job(project)
    claimed, again = claim_job(job.pk), claim_job(job.pk)
    assert (claimed.pk, again) == (job.pk, None)
    assert len(claimed.holder) == 16
    assert claimed.started_at is not None


def test_job_that_there_is_not_is_claimed_by_nobody():
    assert claim_job(2**31 - 1) is None
    run_job(job_id=2**31 - 1)


def test_taken_over_job_is_ended_by_its_new_holder_alone(project):
    job = make_job(project)
    first = claim_job(job.pk)
    Job.objects.filter(pk=job.pk).update(seen_at=timezone.now() - timedelta(seconds=STALLED_AFTER_SECONDS + 1))
    second = claim_job(job.pk)
    assert first.holder != second.holder
    end_job(first, Job.State.FAILED, error="late")
    assert (Job.objects.get(pk=job.pk).state, upload_path(job).exists()) == ("running", True)
    end_job(second, Job.State.DONE, result={"read": 0})
    ended = Job.objects.get(pk=job.pk)
    assert (ended.state, ended.error, ended.share, ended.attempts) == ("done", "", 1.0, 2)
    assert not upload_path(job).exists()


@pytest.mark.parametrize(
    ("attempts", "state"), [(0, "done"), (MOST_ATTEMPTS - 1, "done"), (MOST_ATTEMPTS, "failed"), (99, "failed")]
)
def test_job_is_tried_so_many_times(project, attempts, state):
    job = make_job(project, attempts=attempts)
    run_job(job_id=job.pk)
    ended = Job.objects.get(pk=job.pk)
    assert (ended.state, bool(ended.error)) == (state, state == "failed")
    assert not upload_path(job).exists()
    assert ended.ended_at is not None


@pytest.mark.parametrize("state", ["done", "failed"])
def test_ended_job_runs_no_more(project, state):
    job = make_job(project, state, result={"read": 7})
    run_job(job_id=job.pk)
    again = Job.objects.get(pk=job.pk)
    assert (again.state, again.result, again.attempts, upload_path(job).exists()) == (state, {"read": 7}, 0, True)


def test_lost_upload_fails_with_the_reason(project):
    job = make_job(project)
    upload_path(job).unlink()
    run_job(job_id=job.pk)
    ended = Job.objects.get(pk=job.pk)
    assert (ended.state, ended.result, ended.share) == ("failed", None, 0.0)
    assert "No such file" in ended.error


@cases(
    ("name", "content", "counts"),
    [
        ("a.jsonl", b"", (0, 0, 0)),
        ("a.jsonl", LINES, (3, 3, 0)),
        ("a.jsonl", LINES + b"nonsense\n", (4, 3, 1)),
        ("a.jsonl", LINES + LINES, (6, 3, 0)),
        ("a.json", b"[]", (0, 0, 0)),
        ("a.csv", b"id,prompt\n1,Hm?\n", (1, 1, 0)),
        ("a.csv", b"id,prompt\n", (0, 0, 0)),
        ("a.jsonl.gz", gzip.compress(LINES, mtime=0), (3, 3, 0)),
    ],
)
def test_import_counts_what_it_read(name, content, counts):
    job, _ = begin(make_project(), content, name)
    run_job(job_id=job.pk)
    ended = Job.objects.get(pk=job.pk)
    assert ended.state == "done", ended.error
    assert (ended.result["read"], ended.result["created"], ended.result["rejected"]) == counts
    assert ended.has_rejected_rows is bool(counts[2])


@cases(
    ("name", "content"),
    [
        ("a.csv", b""),
        ("a.csv", b"no,columns\n1,2\n"),
        ("a.parquet", b"PAR1"),
        ("a.jsonl.gz", gzip.compress(LINES, mtime=0)[:-9]),
    ],
)
def test_file_that_breaks_off_keeps_nothing(name, content):
    job, _ = begin(make_project(), content, name)
    run_job(job_id=job.pk)
    ended = Job.objects.get(pk=job.pk)
    assert (ended.state, ended.result, bool(ended.error)) == ("failed", None, True)
    assert not Item.objects.filter(project=job.project).exists()
    assert not upload_path(job).exists()


def test_rejected_rows_are_listed_by_number_for_their_project_alone():
    own, other = make_project(), make_project()
    job, _ = begin(own, b'{"id": "a"}\n' + LINES + b"x\n" + b'{"id": "\\u0000", "prompt": "Hm?"}\n')
    admin = Visitor(own, "admin")
    place = f"imports/{job.pk}/refused/"
    assert admin.get(place).status_code == 404  # not before it has run
    run_job(job_id=job.pk)
    rows = [json.loads(line) for line in b"".join(admin.get(place).streaming_content).splitlines()]
    assert [row["row"] for row in rows] == [1, 5, 6]
    assert all(set(row) == {"row", "id", "field", "reason"} and row["reason"] for row in rows)
    for visitor, path, status in (
        (Visitor(own, "lead"), place, 403),
        (Visitor(own), place, 403),
        (Visitor(other, "admin"), place, 404),
        (admin, f"imports/{2**31 - 1}/refused/", 404),
    ):
        assert visitor.get(path).status_code == status


@pytest.mark.parametrize(
    ("age", "old"),
    [
        (0, False),
        (LEFTOVER_AFTER_SECONDS - 60, False),
        (LEFTOVER_AFTER_SECONDS + 60, True),
        (10 * LEFTOVER_AFTER_SECONDS, True),
        (-LEFTOVER_AFTER_SECONDS, False),
    ],
)
def test_file_is_old_after_a_day(age, old):
    assert is_old(Stored("file", 0, time.time() - age)) is old


@pytest.mark.parametrize(("state", "kept"), [("waiting", True), ("running", True), ("done", False), ("failed", False)])
def test_sweep_keeps_the_uploads_of_open_jobs(project, state, kept):
    job = make_job(project, state, 0)
    rejected = rejected_rows_path(job)
    rejected.write_text("")
    for path in (upload_path(job), rejected):
        os.utime(path, (0, 0))
    delete_leftovers()
    assert (upload_path(job).exists(), rejected.exists()) == (kept, True)
    Job.objects.filter(pk=job.pk).update(state="failed")


@pytest.fixture
def labelled(tmp_path):
    made = make_project(quorum=1)
    import_dialogues(made, tmp_path, [dialogue("a", license="MIT")])
    import_votes(made, tmp_path, [opinion("a", "ada", "safe", "safe")])
    return made


def test_release_job_keeps_its_specification(labelled):
    spec = ReleaseSpec("1.0", (0.5, 0.25, 0.25), 7, ("MIT",), "2026-01-02", truncate=True)
    queued = []
    job = begin_release(project=labelled, spec=spec, policy_name="human", enqueue=queued.append)
    assert (job.subject, queued) == ("1.0", [job.pk])
    run_job(job_id=job.pk)
    ended = Job.objects.get(pk=job.pk)
    assert ended.state == "done", ended.error
    manifest = Release.objects.get(project=labelled).manifest
    assert (manifest["seed"], manifest["licenses"], manifest["date"]) == (7, ["MIT"], "2026-01-02")
    assert (manifest["policy"]["name"], manifest["truncated"]) == ("human", True)
    assert manifest["splits"] == {"train": 0.5, "validation": 0.25, "test": 0.25}


def test_release_that_a_killed_worker_finished_is_not_made_again(labelled):
    job = begin_release(project=labelled, spec=ReleaseSpec("1.0"), enqueue=lambda _job: None)
    run_job(job_id=job.pk)
    done = Job.objects.get(pk=job.pk).result
    Job.objects.filter(pk=job.pk).update(state="running", seen_at=timezone.now() - timedelta(hours=1))
    run_job(job_id=job.pk)
    assert (Job.objects.get(pk=job.pk).state, Job.objects.get(pk=job.pk).result) == ("done", done)
    assert Release.objects.filter(project=labelled).count() == 1


def test_job_taken_over_does_not_report_a_release_of_somebody_else(labelled):
    job = begin_release(project=labelled, spec=ReleaseSpec("1.0", seed=1), enqueue=lambda _job: None)
    long_ago = timezone.now() - timedelta(hours=1)
    Job.objects.filter(pk=job.pk).update(state="running", attempts=1, seen_at=long_ago)
    make_release(project=labelled, spec=ReleaseSpec("1.0", seed=2))
    run_job(job_id=job.pk)
    ended = Job.objects.get(pk=job.pk)
    assert (ended.state, ended.result) == ("failed", None)
    assert "releases never change" in ended.error


def test_release_of_a_worker_that_lost_its_job_is_undone(labelled):
    job = begin_release(project=labelled, spec=ReleaseSpec("1.0"), enqueue=lambda _job: None)

    def work() -> None:
        try:
            run_job(job_id=job.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            lock_decisions(labelled)
            ended = pool.submit(work)
            assert wait_until(lambda: ended.done() or is_waited_for(), seconds=60)
            Job.objects.filter(pk=job.pk).update(holder="another")
        ended.result(timeout=60)
    assert not Release.objects.filter(project=labelled).exists()
    assert not folder_of(labelled, ReleaseSpec("1.0")).exists()
    assert (Job.objects.get(pk=job.pk).state, Job.objects.get(pk=job.pk).result) == ("running", None)


def test_version_that_another_job_made_meanwhile_fails(labelled):
    jobs = [begin_release(project=labelled, spec=ReleaseSpec("1.0"), enqueue=lambda _job: None) for _ in range(2)]
    for job in jobs:
        run_job(job_id=job.pk)
    assert [Job.objects.get(pk=job.pk).state for job in jobs] == ["done", "failed"]
    assert "releases never change" in Job.objects.get(pk=jobs[1].pk).error


@pytest.mark.parametrize(
    ("request_kept", "subject", "shown"),
    [
        ({"name": "a.csv", "suffix": ".csv", "token": "secret"}, "a.csv", {"name": "a.csv"}),
        ({"version": "1.0", "seed": 0}, "1.0", {"version": "1.0", "seed": 0}),
        ({}, "", {}),
        ({"name": "", "version": "2"}, "2", {"name": "", "version": "2"}),
    ],
)
def test_routes_show_the_request_without_our_own_names(project, request_kept, subject, shown):
    job = Job(pk=1, project=project, kind="dialogues", request=request_kept)
    assert (job.subject, as_job(job)["request"]) == (subject, shown)
    assert "secret" not in str(as_job(job))


@cases(("state", "is_open"), [("waiting", True), ("running", True), ("done", False), ("failed", False)])
def test_job_is_open_until_it_has_ended(state, is_open):
    assert Job(state=state).is_open is is_open


@cases(("result", "expected"), [(None, False), ({}, False), ({"rejected": 0}, False), ({"rejected": 1}, True)])
def test_job_knows_whether_it_rejected_rows(result, expected):
    assert Job(result=result).has_rejected_rows is expected


@cases(("name", "status"), [("a.xls", 409), ("a.zip", 409), ("a.jsonl", 302), ("../a.csv", 302), ("a.csv.gz", 302)])
def test_page_takes_or_refuses_an_upload_by_its_name(name, status):
    admin = Visitor(make_project(), "admin")
    sent = admin.post("imports/upload/", file=SimpleUploadedFile(name, b"id,prompt\n1,Hm?\n"), kind="dialogues")
    assert sent.status_code == status
    assert Job.objects.filter(project=admin.project).exists() is (status == 302)


@cases("fields", [{"kind": "release"}, {"kind": ""}, {"kind": "songs"}])
def test_page_takes_only_dialogues_and_votes(fields):
    admin = Visitor(make_project(), "admin")
    sent = admin.post("imports/upload/", file=SimpleUploadedFile("a.jsonl", LINES), **fields)
    assert (sent.status_code, list(sent.context["form"].errors)) == (422, ["kind"])


@cases(("share", "state"), [(0.0, "waiting"), (0.25, "running"), (1.0, "done")])
def test_route_tells_state_and_progress(share, state):
    made = make_project()
    job = make_job(made, state, 0, share=share)
    told = Program(made, "admin").get(f"jobs/{job.pk}/").json()
    assert (told["state"], told["progress"], told["kind"], told["project"]) == (state, share, "dialogues", made.slug)
    Job.objects.filter(pk=job.pk).update(state="failed")


def test_progress_says_how_long_a_job_still_takes_and_when_its_worker_stopped():
    now = timezone.now()

    def progress(state="running", **fields):
        return progress_of(Job(state=state, **fields), now)

    began = now - timedelta(minutes=3)
    assert progress(started_at=began, seen_at=now, share=0.5) == Progress(50, "about 3 minutes left", is_stalled=False)
    assert progress(started_at=began, seen_at=now, share=0.01) == Progress(1, "", is_stalled=False)
    assert progress(started_at=None, share=0.5).left == ""
    late = now - timedelta(seconds=STALLED_AFTER_SECONDS + 1)
    assert progress(started_at=began, seen_at=late, share=0.5) == Progress(50, "", is_stalled=True)
    assert [progress(state=state) for state in ("waiting", "done", "failed")] == [None] * 3
    minutes = {0: "less than a minute", 0.99: "less than a minute", 1: "about 1 minute", 3.4: "about 3 minutes"}
    assert {each: about(60 * each) for each in minutes} == minutes
    assert about(5_400) == "about 2 hours"
