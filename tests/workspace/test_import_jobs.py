"""Import jobs whose worker dies, is overtaken, or finds a full disk."""

import gc
import json
import threading
from pathlib import Path

import psycopg
import pytest
from django.db import OperationalError, connection

from corpus.actions.import_support import without_cycle_search
from corpus.models import Item
from tests.annotation.people import Visitor
from tests.factories import make_project
from tests.stored_files import rejected_rows_path, upload_folder, upload_path
from tests.test_faults import full_disk
from tests.workspace.test_jobs import LINES, make_job
from workspace.actions import run_job
from workspace.actions.run_jobs import LostClaim, claim_job, lack_of_space, rejected_rows_file, run_import
from workspace.models import Job

REJECTED = b'{"id": ""}\n'


@pytest.fixture
def job():
    made = make_job(make_project())
    upload_path(made).write_bytes(LINES + REJECTED)
    return made


def claim(job):
    """Claim a job whose worker, if any, has been silent for long enough."""
    Job.objects.filter(pk=job.pk).exclude(seen_at=None).update(seen_at="2020-01-01T00:00Z")
    return claim_job(job.pk)


def parts_of(job):
    return list(upload_folder().glob(f"{job.pk}.*.part"))


def test_job_of_a_worker_that_died_after_the_import_keeps_its_report(job):
    report = run_import(claim(job), lambda _share: None)
    Job.objects.filter(pk=job.pk).update(seen_at="2020-01-01T00:00Z", attempts=9)
    assert (report["created"], Job.objects.get(pk=job.pk).state) == (3, "running")
    run_job(job_id=job.pk)
    ended = Job.objects.get(pk=job.pk)
    assert (ended.state, ended.result, ended.error) == ("done", report, "")
    assert json.loads(rejected_rows_path(job).read_text())["row"] == 4


def test_worker_that_was_overtaken_undoes_its_import(job):
    first, second = claim(job), claim(job)
    with pytest.raises(LostClaim):
        run_import(first, lambda _share: None)
    assert not Item.objects.filter(project=job.project).exists()
    assert not rejected_rows_path(job).exists()
    assert run_import(second, lambda _share: None)["created"] == 3
    assert parts_of(job) == []


def test_two_workers_of_one_job_write_two_lists(job):
    first, second = claim(job), claim(job)
    with rejected_rows_file(first), rejected_rows_file(second):
        assert len(parts_of(job)) == 2
    with pytest.raises(RuntimeError, match="killed"), rejected_rows_file(first):
        raise RuntimeError("killed")
    assert parts_of(job) == []


def test_full_disk_fails_the_job_and_leaves_nothing(job):
    upload_path(job).write_bytes(LINES + REJECTED * 500)
    with full_disk(1_000):
        run_job(job_id=job.pk)
    ended = Job.objects.get(pk=job.pk)
    assert (ended.state, ended.result) == ("failed", None)
    assert "File too large. Nothing was kept: start it again" in ended.error
    assert not Item.objects.filter(project=job.project).exists()
    assert (parts_of(job), rejected_rows_path(job).exists(), upload_path(job).exists()) == ([], False, False)
    again = make_job(job.project)
    run_job(job_id=again.pk)
    assert Job.objects.get(pk=again.pk).result["created"] == 3


def test_full_disk_of_the_database_is_told_from_a_database_that_is_away():
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if not cursor.fetchone()[0]:
            pytest.skip("only a superuser may write to /dev/full")
        with pytest.raises(OperationalError) as failure:
            cursor.execute("COPY (SELECT repeat('x', 10000) FROM generate_series(1, 100)) TO '/dev/full'")
    assert isinstance(failure.value.__cause__, psycopg.errors.DiskFull)
    assert lack_of_space(failure.value).startswith("The disk of the database is full: ")
    assert lack_of_space(OperationalError("the connection is lost")) == ""


def test_garbage_collector_is_paused_by_the_main_thread_alone():
    seen = []

    def observe():
        with without_cycle_search():
            seen.append(gc.isenabled())

    thread = threading.Thread(target=observe)
    thread.start()
    thread.join()
    with without_cycle_search():
        seen.append(gc.isenabled())
        observe()
        seen.append(gc.isenabled())
    assert (seen, gc.isenabled()) == ([True, False, False, False], True)


def test_upload_of_another_kind_is_refused_under_the_name_of_its_owner(job):
    for content, reason in (("id,prompt\na,b\n".encode("utf-16"), "UTF-16"), (b"[\n{", "beyond record 1")):
        upload_path(job).write_bytes(content)
        bad = make_job(job.project, request=job.request | {"name": "Tea of May.json", "suffix": ".json", "token": "t"})
        upload_path(bad).write_bytes(content)
        run_job(job_id=bad.pk)
        ended = Job.objects.get(pk=bad.pk)
        assert (ended.state, ended.error.startswith("Tea of May.json "), reason in ended.error) == (
            "failed",
            True,
            True,
        )


def test_page_of_data_lists_the_warnings_of_an_import():
    project = make_project()
    job = make_job(project)
    upload_path(job).write_bytes(b'{"id": "a", "prompt": "x"}\n{"id": "A", "prompt": "y"}\n')
    run_job(job_id=job.pk)
    page = Visitor(project, "admin").get("imports/").content.decode()
    assert "1 warning<" in page
    assert "The ids &#x27;a&#x27;, &#x27;A&#x27; look alike" in page
