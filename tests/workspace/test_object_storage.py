"""With a bucket for files, imports work as with a folder, and lose nothing where the store is away."""

import hashlib
import json

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile

from config.backups.writing import uploads_to_back_up
from corpus.models import Item
from corpus.stores import store
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.buckets import keys_in, options, s3, s3_address  # noqa: F401 - fixtures
from tests.factories import command, dialogue, make_project
from tests.ports import unused_port
from tests.stored_files import upload_path
from workspace.actions import delete_leftovers
from workspace.models import Job
from workspace.tasks import requeue_stalled_jobs, run_job

LINES = b"".join(json.dumps(dialogue(f"u{at}")).encode() + b"\n" for at in range(3))
WRONG = LINES + b'{"id": 7}\n'


@pytest.fixture
def bucket(s3, s3_address, settings):  # noqa: F811
    """Keep the files in a bucket that is empty at first."""
    settings.STORAGE = options(s3_address)
    for key in keys_in(s3):
        s3.delete_object(Bucket="files", Key=f"site/a/{key}")
    return s3


@pytest.fixture
def admin():
    return Program(make_project(), "admin")


def send(program, body, name="mine.jsonl"):
    route = f"/api/v1/projects/{program.slug}/items/import/?name={name}"
    return program.client.post(route, body, content_type="application/octet-stream")


def test_upload_is_kept_in_the_bucket_until_it_is_imported(bucket, admin):
    response = send(admin, WRONG)
    job = Job.objects.get(pk=response.json()["job"]["id"])
    assert job.request["sha256"] == hashlib.sha256(WRONG).hexdigest()
    assert keys_in(bucket) == {f"uploads/{job.request['token']}.jsonl"}
    assert not upload_path(job).exists()
    run_job(job_id=job.pk)
    assert Item.objects.filter(project=job.project).count() == 3
    assert keys_in(bucket) == {f"uploads/{job.pk}.refused.jsonl"}
    refused = admin.client.get(f"/api/v1/projects/{admin.slug}/jobs/{job.pk}/refused/", headers={"range": "bytes=1-5"})
    assert (refused.status_code, b"".join(refused.streaming_content)) == (206, b'"row"')
    assert admin.client.head(f"/api/v1/projects/{admin.slug}/jobs/{job.pk}/refused/")["Content-Length"] == str(
        bucket.head_object(Bucket="files", Key=f"site/a/uploads/{job.pk}.refused.jsonl")["ContentLength"]
    )


def test_upload_that_is_imported_while_a_backup_reads_them_is_left_out(bucket, admin):
    for _ in range(3):
        assert send(admin, LINES).status_code == 202
    uploads, seen = sorted(keys_in(bucket)), {}
    for name, blocks in uploads_to_back_up(store()):
        if name == uploads[0]:
            bucket.delete_object(Bucket="files", Key=f"site/a/{uploads[1]}")
        seen[name] = b"".join(blocks)
    assert {name: seen.get(name) for name in uploads} == {uploads[0]: LINES, uploads[1]: None, uploads[2]: LINES}


def test_page_previews_an_upload_and_links_to_the_rows_it_refused(bucket, settings):
    settings.STORAGE = options(settings.STORAGE.endpoint, by_links=True)
    person = Visitor(make_project(), "admin")
    person.post("imports/upload/", file=SimpleUploadedFile("mine.jsonl", WRONG), kind="dialogues", preview="1")
    job = Job.objects.get(project=person.project)
    assert b"u0" in person.get(f"imports/{job.pk}/").content
    Job.objects.filter(pk=job.pk).update(state="waiting")
    run_job(job_id=job.pk)
    link = person.get(f"imports/{job.pk}/refused/")
    assert (link.status_code, link["Cache-Control"]) == (302, "private, no-store")
    assert link["Location"].startswith(f"{settings.STORAGE.endpoint}/files/site/a/uploads/{job.pk}.refused.jsonl?")


def test_upload_too_large_leaves_nothing_in_the_bucket(bucket, admin, settings):
    settings.UPLOAD_BYTES = 50
    assert send(admin, LINES).status_code == 413
    assert (keys_in(bucket), Job.objects.filter(project__slug=admin.slug).count()) == (set(), 0)


def test_store_that_is_away_puts_a_job_off_and_loses_no_upload(bucket, admin, settings):
    job = send(admin, LINES).json()["job"]["id"]
    there = settings.STORAGE
    settings.STORAGE = options(f"http://127.0.0.1:{unused_port()}")
    refusal = send(admin, LINES)
    assert (refusal.status_code, refusal.json()["error"]["code"]) == (503, "store_away")
    for _time in range(2):
        run_job(job_id=job)
        put_off = Job.objects.get(pk=job)
        assert (put_off.state, put_off.attempts, put_off.error) == ("waiting", 0, "")
    settings.STORAGE = there
    run_job(job_id=job)
    assert Job.objects.get(pk=job).state == "done"


def test_upload_that_was_changed_in_the_bucket_is_not_imported(bucket, admin):
    job = Job.objects.get(pk=send(admin, LINES).json()["job"]["id"])
    bucket.put_object(Bucket="files", Key=f"site/a/uploads/{job.request['token']}.jsonl", Body=WRONG)
    run_job(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, "has changed since it was stored" in job.error) == ("failed", True)
    assert not Item.objects.filter(project=job.project).exists()


def test_sweep_keeps_what_is_needed_and_is_no_error_while_the_store_is_away(bucket, admin, settings):
    waiting = Job.objects.get(pk=send(admin, LINES).json()["job"]["id"])
    bucket.put_object(Bucket="files", Key="site/a/uploads/fresh.jsonl", Body=b"half")
    cache.delete("stored-files-swept")
    delete_leftovers()
    assert keys_in(bucket) == {f"uploads/{waiting.request['token']}.jsonl", "uploads/fresh.jsonl"}
    cache.delete("stored-files-swept")
    settings.STORAGE = options(settings.STORAGE.endpoint, bucket="nowhere")
    requeue_stalled_jobs()


def test_command_tries_the_store_and_names_the_setting_to_mend(bucket, settings):
    tried = command("check_storage")
    assert (tried.code, tried["store"], keys_in(bucket)) == (0, "s3://files/site/a", set())
    settings.STORAGE = options(settings.STORAGE.endpoint, bucket="nowhere")
    refused = command("check_storage")
    assert (
        refused.code,
        "There is no bucket nowhere in the store. Make it, or mend STORAGE_BUCKET" in refused.stderr,
    ) == (
        2,
        True,
    )


def test_backup_that_cannot_be_in_the_bucket_is_refused(bucket, settings):
    bucket.put_object(Bucket="files", Key="site/a/backups/nightly/database.dump", Body=b"half")
    for words, message in (
        (("backup", "store:nightly"), "s3://files/site/a/backups/nightly has files already. A backup has a new name."),
        (("backup", "store:a/../b"), "'a/../b' cannot be the name of a backup"),
        (("restore", "store:none"), "There is no backup in s3://files/site/a/backups/none."),
        (("restore", "store:nightly"), "There is no complete backup in"),
    ):
        refused = command(*words)
        assert (refused.code, message in refused.stderr) == (2, True), refused.stderr
    assert keys_in(bucket) == {"backups/nightly/database.dump"}
    settings.STORAGE = options("", bucket="")
    assert "This installation has no bucket (STORAGE_BUCKET)." in command("backup", "store:nightly").stderr
