"""Uploads and releases over REST: accepted at once, run by a worker, ended in every case."""

import gzip
import hashlib
import json
import os
import sys
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from bench import forks
from config.env import DATA_DIR
from corpus.models import Event, Item
from releases.models import Release
from tests.api.client import Program
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion
from tests.stored_files import upload_folder, upload_path
from workspace.actions import delete_leftovers
from workspace.actions.run_jobs import end_job
from workspace.models import Job
from workspace.queries import jobs
from workspace.tasks import run_job

LINES = "".join(json.dumps(dialogue(f"u{n}")) + "\n" for n in range(5)).encode()


@pytest.fixture
def admin():
    return Program(make_project(), "admin")


def send(program, body, name="mine.jsonl", **query):
    asked = "&".join(f"{key}={value}" for key, value in {"name": name, **query}.items())
    route = f"/api/v1/projects/{program.slug}/items/import/?{asked}"
    return program.client.post(route, body, content_type="application/octet-stream")


def done(program, response):
    """Run the job as a worker would, and return it."""
    assert response.status_code == 202, response.content
    job = response.json()["job"]
    assert job["state"] == "waiting"
    run_job(job_id=job["id"])
    return program.get(f"jobs/{job['id']}/").json()


def test_upload_as_body_or_form_part(admin):
    first = done(admin, send(admin, LINES))
    assert (first["state"], first["progress"]) == ("done", 1.0)
    event = Event.objects.get(project__slug=admin.slug, verb="items.imported")
    assert (event.subject, event.actor.username) == ("mine.jsonl", admin.name)
    assert first["result"] == {"read": 5, "created": 5, "unchanged": 0, "rejected": 0}
    part = SimpleUploadedFile("mine.jsonl.gz", gzip.compress(LINES))
    again = done(admin, admin.client.post(f"/api/v1/projects/{admin.slug}/items/import/", {"file": part}))
    assert again["result"]["unchanged"] == 5
    assert not upload_path(Job.objects.get(pk=again["id"])).exists()


def test_votes_can_be_uploaded(admin, tmp_path):
    done(admin, send(admin, LINES))
    votes = "item_id,rater,rater_kind,prompt_label,response_label\nu0,ann,human,safe,safe\n"
    assert done(admin, send(admin, votes.encode(), name="v.csv", kind="votes"))["result"]["created"] == 1


def test_kind_and_name_may_be_form_fields(admin):
    done(admin, send(admin, LINES))
    votes = SimpleUploadedFile("v", b"item_id,rater,rater_kind,prompt_label,response_label\nu0,ann,human,safe,safe\n")
    where = f"/api/v1/projects/{admin.slug}/items/import/"
    taken = admin.client.post(where, {"file": votes, "kind": "votes", "name": "v.csv"})
    assert done(admin, taken)["result"]["created"] == 1
    assert admin.client.post(where, {"file": votes, "kind": "songs"}).status_code == 400


def test_form_columns_and_made_ids_are_parameters(admin):
    """In the query or in the form, where the pairs of `map` may be several."""
    table = b"Question,Answer\nHi,Yes\n"
    first = done(admin, send(admin, table, name="t.csv", map="prompt=Question&map=response=Answer", make_ids="true"))
    assert (first["result"]["created"], first["request"]["map"]) == (1, {"prompt": "Question", "response": "Answer"})
    where = f"/api/v1/projects/{admin.slug}/items/import/"
    fields = {"file": SimpleUploadedFile("t.csv", table), "map": ["prompt=Question", "response=Answer"], "make_ids": 1}
    assert done(admin, admin.client.post(where, fields))["result"]["unchanged"] == 1
    told = b'{"conversation_id": "c", "conversation": [{"role": "user", "content": "Hi"}]}\n'
    assert done(admin, send(admin, told, form="lmsys"))["result"]["created"] == 1
    wrong = [{"form": "nosuch"}, {"map": "prompt"}, {"map": "x=y"}, {"make_ids": "perhaps"}, {"kind": "votes", "map": "id=a"}]  # fmt: skip # noqa: E501
    assert [send(admin, table, name="t.csv", **each).status_code for each in wrong] == [400, 409, 409, 400, 409]
    failed = done(admin, send(admin, table, name="t.csv", map="prompt=Nothing"))
    assert "t.csv lacks the column 'Nothing'. It has 'Question', 'Answer'" in failed["error"]


def test_rejected_rows_can_be_downloaded_with_reasons(admin):
    job = done(admin, send(admin, LINES + b'{"id": "bad"}\nnot json\n'))
    assert (job["state"], job["result"]["rejected"]) == ("done", 2)
    response = admin.get(f"jobs/{job['id']}/refused/")
    rows = [json.loads(line) for line in b"".join(response.streaming_content).splitlines()]
    assert [(row["row"], row["field"]) for row in rows] == [(6, "turns"), (7, "row")]


def test_truncated_file_fails_completely(admin):
    job = done(admin, send(admin, gzip.compress(LINES * 50)[:-20], name="mine.jsonl.gz"))
    assert (job["state"], job["result"]) == ("failed", None)
    assert "gzip" in job["error"]
    assert not Item.objects.filter(project__slug=admin.slug).exists()


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("", 400, "invalid"),
        ("mine.xls", 409, "refused"),
        ("../../etc.json", 202, None),
        ("mine.jsonl", 413, "too_large"),
    ],
)
def test_rejected_upload_is_not_stored(admin, settings, name, status, code):
    before = set(upload_folder().glob("*"))
    if code == "too_large":
        settings.UPLOAD_BYTES = 50
    response = send(admin, LINES, name=name)
    assert response.status_code == status
    if code:
        assert response.json()["error"]["code"] == code
        assert not Job.objects.filter(project__slug=admin.slug).exists()
        assert set(upload_folder().glob("*")) == before
    else:
        assert upload_path(Job.objects.get(project__slug=admin.slug)).parent == upload_folder()


def test_upload_without_a_body_says_so(admin):
    path = f"/api/v1/projects/{admin.slug}/items/import/?name=a.jsonl"
    response = admin.client.generic("POST", path, content_type="")
    assert (response.status_code, response.json()["error"]["fields"]) == (400, {"file": ["send the file as the body"]})


def test_job_of_killed_worker_is_retried_three_times(admin):
    response = send(admin, LINES)
    job = Job.objects.get(pk=response.json()["job"]["id"])
    now = timezone.now()
    Job.objects.filter(pk=job.pk).update(state="running", holder="dead", seen_at=now, attempts=1)
    run_job(job_id=job.pk)  # delivered twice
    assert Job.objects.get(pk=job.pk).state == "running"
    Job.objects.filter(pk=job.pk).update(seen_at=now - timedelta(seconds=90))
    assert job in jobs.unclaimed()
    run_job(job_id=job.pk)
    assert Job.objects.get(pk=job.pk).result["created"] == 5

    upload = upload_path(job)
    upload.write_bytes(LINES)
    end_job(Job(pk=job.pk, kind=job.kind, request=job.request, holder="late"), "failed")  # it was taken over long ago
    assert (Job.objects.get(pk=job.pk).state, upload.exists()) == ("done", True)
    Job.objects.filter(pk=job.pk).update(state="running", seen_at=now - timedelta(seconds=90), attempts=3, result=None)
    run_job(job_id=job.pk)
    given_up = Job.objects.get(pk=job.pk)
    assert (given_up.state, "killed 3 times" in given_up.error) == ("failed", True)


def test_unreachable_broker_loses_no_job(admin):
    job = Job.objects.get(pk=send(admin, LINES).json()["job"]["id"])
    program = "import django; django.setup(); from workspace.tasks import enqueue_job; enqueue_job(1)"
    away = {"REDIS_URL": "redis://127.0.0.1:1/0", "DJANGO_SETTINGS_MODULE": "config.settings"}
    process = forks.run([sys.executable, "-c", program], os.environ | away)
    assert (process.returncode, "waits for the schedule" in process.stderr) == (0, True), process.stderr
    assert job in jobs.unclaimed()


def test_leftovers_are_deleted_and_waiting_uploads_kept(admin):
    waiting = upload_path(Job.objects.get(pk=send(admin, LINES).json()["job"]["id"]))
    cut_off, fresh = upload_folder() / "cut.jsonl", upload_folder() / "fresh.jsonl"
    for path in (cut_off, fresh):
        path.write_text("half")
    made = DATA_DIR.path / "releases" / admin.slug / "1.0"
    killed, being_made = made.with_name(".1.0.77.part"), made.with_name(".1.0.78.part")
    for path in (made, killed, being_made):
        path.mkdir(parents=True)
        (path / "train.json").write_text("half")
    for path in (cut_off, waiting, killed, made):
        os.utime(path, (0, 0))
    delete_leftovers()
    assert (cut_off.exists(), fresh.exists(), waiting.exists()) == (False, True, True)
    assert (killed.exists(), being_made.exists(), made.exists()) == (False, True, True)
    fresh.unlink()


def test_jobs_are_for_admins_of_their_project(admin):
    job = send(admin, LINES).json()["job"]["id"]
    stranger = Program(make_project(), "lead")
    lead = Program(admin_project(admin), "lead")
    for program, status in ((stranger, 404), (lead, 403)):
        assert program.get(f"jobs/{job}/").status_code == status
        assert program.get(f"jobs/{job}/refused/").status_code == status
        assert send_as(program, admin.slug).status_code == status
    assert admin.get("jobs/999999999/").status_code == 404
    assert [each["id"] for each in admin.get(f"projects/{admin.slug}/jobs/").json()["results"]] == [job]


def admin_project(program):
    from corpus.models import Project

    return Project.objects.get(slug=program.slug)


def send_as(program, slug):
    return program.client.post(f"/api/v1/projects/{slug}/items/import/?name=a.jsonl", LINES, content_type="text/plain")


@pytest.fixture
def released(tmp_path):
    """A lead's program and an admin's of a project with a release made over REST."""
    project = make_project()
    import_dialogues(project, tmp_path, [dialogue(f"r{n}", license="CC0-1.0") for n in range(30)])
    import_votes(
        project, tmp_path, [opinion(f"r{n}", rater, "safe", "safe") for n in range(30) for rater in ("a", "b", "c")]
    )
    admin, lead = Program(project, "admin"), Program(project, "lead")
    job = done(admin, admin.post(f"projects/{project.slug}/releases/", {"version": "1.0", "date": "2026-11-24"}))
    assert (job["state"], job["result"]["rows"]) == ("done", 30), job
    assert Event.objects.get(project=project, verb="release.made").actor.username == admin.name
    return lead, admin


def test_release_route_and_command_give_the_same_bytes(released, tmp_path):
    lead, _ = released
    made = lead.get(f"projects/{lead.slug}/releases/1.0/").json()
    again = command("release", "again", project=lead.slug, date="2026-11-24", out=tmp_path / "again")
    hashes = {file["name"]: file["sha256"] for file in made["files"]}
    for name in ("train.json", "votes.parquet", "decisions.parquet"):
        assert hashes[name] == again["files"][name]
    assert [each["version"] for each in lead.get(f"projects/{lead.slug}/releases/").json()["results"]][-1] == "1.0"


def test_release_files_support_ranges_and_etags(released):
    lead, _ = released
    base = f"/api/v1/projects/{lead.slug}/releases/1.0/files/"

    def fetch(name, **headers):
        response = lead.client.get(base + name, headers=headers)
        return response, b"".join(response.streaming_content) if response.streaming else response.content

    response, whole = fetch("train.json")
    assert (response.status_code, hashlib.sha256(whole).hexdigest()) == (200, response["ETag"].strip('"'))
    part, body = fetch("train.json", range="bytes=10-19")
    assert (part.status_code, body) == (206, whole[10:20])
    assert part["Content-Range"] == f"bytes 10-19/{len(whole)}"
    assert fetch("train.json", range="bytes=-7")[1] == whole[-7:]
    assert fetch("train.json", range="bytes=25-")[1] == whole[25:]
    beyond, _ = fetch("train.json", range=f"bytes={len(whole)}-")
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{len(whole)}")
    for odd in ("bytes=0-1,4-5", "lines=1-2", "bytes=-"):
        assert fetch("train.json", range=odd)[0].status_code == 200
    assert fetch("train.json", **{"range": "bytes=0-3", "if-range": '"other"'})[1] == whole
    assert fetch("train.json", **{"if-none-match": response["ETag"]})[0].status_code == 304
    for absent in ("nothing.json", "..%2Fmanifest.json"):
        assert fetch(absent)[0].status_code == 404


def test_changed_release_file_is_not_served(released):
    lead, _ = released
    release = Release.objects.get(project__slug=lead.slug)
    path = f"{release.folder}/README.md"
    with open(path, "a") as file:  # noqa: PTH123
        file.write("More.")
    response = lead.get(f"projects/{lead.slug}/releases/1.0/files/README.md")
    assert (response.status_code, response.json()["error"]["code"]) == (409, "damaged")


def test_invalid_release_is_refused_or_fails_with_reason(released):
    lead, admin = released
    route = f"projects/{lead.slug}/releases/"
    assert lead.post(route, {"version": "2"}).status_code == 403
    assert admin.post(route, {"version": "1.0"}).status_code == 409
    assert admin.post(route, {"version": "a/b"}).status_code == 409
    assert admin.post(route, {"version": "2", "splits": [0.5, 0.5]}).status_code == 400
    failed = done(admin, admin.post(route, {"version": "2", "licenses": ["MIT"]}))
    assert (failed["state"], "Nothing under MIT is decided" in failed["error"]) == ("failed", True)
