"""Admins have a release pushed from its page or by REST: a worker does it, tells why it broke off, and goes on."""

import os
import socket
import sys
import threading
from datetime import timedelta
from itertools import count

import pytest
from django.utils import timezone

from bench import forks
from config.embedded.processes import wait_until
from corpus.models import Event
from releases.models import Release
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.cases import cases
from tests.factories import command
from tests.releases.hub_stub import REPO, TOKEN, running_hub
from tests.releases.test_push_hub import push, released, verbs
from workspace.models import Job
from workspace.tasks import run_job

HUB = f"hf:{REPO}"


@pytest.fixture(scope="module")
def garden(tmp_path_factory):
    return released(tmp_path_factory.mktemp("garden"))


@pytest.fixture
def hub(settings, monkeypatch):
    with running_hub() as hub:
        settings.PUSH_HUB_ENDPOINT, settings.PUSH_ENDPOINTS_ALLOWED = hub.url, [hub.url]
        monkeypatch.setenv("PUSH_KEY_HF", TOKEN)
        yield hub


def ask(program, version="1.0", **body):
    return program.post(f"projects/{program.slug}/releases/{version}/push/", {"to": HUB, **body})


def run(answer):
    """Run the job of an answer as a worker would, and return it."""
    assert answer.status_code == 202, answer.content
    run_job(job_id=answer.json()["job"]["id"])
    return Job.objects.get(pk=answer.json()["job"]["id"])


def test_release_is_pushed_from_its_page(hub, tmp_path):
    project = released(tmp_path)
    admin = Visitor(project, "site-admin")
    where = "releases/of/1.0/push/"
    assert where in admin.get("releases/of/1.0/").content.decode()
    assert admin.get(where).status_code == 200
    for _ in range(2):  # pressed twice
        assert admin.post(where, to=HUB).status_code == 302
    job = Job.objects.get(project=project, kind="push")
    assert job.request == {"version": "1.0", "to": HUB, "key_name": "PUSH_KEY_HF", "is_public": False}
    run_job(job_id=job.pk)
    files = len(Release.objects.get(project=project).hashes)
    shown = admin.get("releases/").content.decode()
    assert f"{files} files sent" in " ".join(shown.split())
    assert f"{hub.url}/datasets/{REPO}/tree/1.0" in shown
    assert verbs(project) == ["release.push_asked", "release.push_started", "release.pushed"]
    events = Event.objects.filter(project=project, verb__startswith="release.push")
    assert {event.actor for event in events} == {admin.user}
    assert TOKEN not in str(list(events.values_list("detail", flat=True))) + shown + str(job.request)


def test_place_or_key_that_is_new_to_the_project_needs_a_site_admin(hub, tmp_path, monkeypatch):
    project = released(tmp_path)
    monkeypatch.setenv("PUSH_KEY_OTHER", TOKEN)
    admin, of_site = Program(project, "admin"), Program(project, "site-admin")
    refused = ask(admin)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "permission_denied")
    assert "has not pushed to hf:garden/rows with PUSH_KEY_HF yet" in refused.json()["error"]["message"]
    page = Visitor(project, "admin").post("releases/of/1.0/push/", to=HUB)
    assert (page.status_code, "only a site admin" in page.content.decode()) == (409, True)
    assert not Job.objects.filter(project=project, kind="push").exists()
    assert run(ask(of_site)).state == "done"
    assert run(ask(admin)).result["unchanged"] == len(Release.objects.get(project=project).hashes)
    assert ask(admin, key_name="PUSH_KEY_OTHER").status_code == 403
    assert push(project, "--key-env=PUSH_KEY_OTHER").code == 0  # nothing is sent, so that nothing is known of it yet
    assert ask(admin, key_name="PUSH_KEY_OTHER").status_code == 403
    assert command("release", "1.1", project=project.slug).code == 0
    assert push(project, "--key-env=PUSH_KEY_OTHER", version="1.1").code == 0
    assert run(ask(admin, key_name="PUSH_KEY_OTHER")).state == "done"


@cases(
    ("body", "status", "words"),
    [
        ({"to": ""}, 400, "blank"),
        ({"to": "garden"}, 409, "nowhere that a release can be pushed to"),
        ({"to": "hf:a/b\0"}, 400, "Null characters"),
        ({"key_name": "SECRET_KEY"}, 409, "begins with PUSH_KEY_"),
        ({"key_name": "hf_pasted_by_mistake"}, 409, "not the key itself"),
        ({"to": "s3://bucket/rows", "is_public": True}, 409, "the bucket's own rules"),
        ({"is_public": "perhaps"}, 400, "boolean"),
    ],
)
def test_request_that_cannot_be_done_is_refused_at_once(garden, body, status, words):
    before = Job.objects.count()
    refused = ask(Program(garden, "site-admin"), **body)
    assert (refused.status_code, words in refused.content.decode()) == (status, True), refused.content
    assert "pasted" not in refused.content.decode()
    assert Job.objects.count() == before


def test_release_of_another_version_or_a_lower_role_is_refused(garden):
    assert ask(Program(garden, "site-admin"), version="9.9").status_code == 404
    assert ask(Program(garden, "lead")).status_code == 403
    assert Visitor(garden, "lead").get("releases/of/1.0/push/").status_code == 403
    assert "1.0/push/" not in Visitor(garden, "lead").get("releases/of/1.0/").content.decode()


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@cases("to", [HUB, "s3://bucket/rows"])
def test_store_that_is_away_is_told_in_plain_words(garden, settings, monkeypatch, to):
    away = f"http://127.0.0.1:{free_port()}"
    settings.PUSH_HUB_ENDPOINT = settings.PUSH_S3_ENDPOINT = away
    settings.PUSH_ENDPOINTS_ALLOWED = [away]
    monkeypatch.setenv("PUSH_KEY_HF", TOKEN)
    monkeypatch.setenv("PUSH_KEY_S3", "made-up:made-up")
    job = run(ask(Program(garden, "site-admin"), to=to))
    place = to if to == HUB else f"{to}/1.0/"
    assert job.error.startswith(f"The connection to {place} broke: nothing listens at its address. Push again: ")
    admin = Visitor(garden, "admin")
    assert job.error in admin.get("releases/").content.decode()
    assert f"Push of a release failed: 1.0 to {to}" in admin.get("").content.decode()


def test_missing_key_is_told_by_the_job(garden, hub, monkeypatch):
    monkeypatch.delenv("PUSH_KEY_HF")
    job = run(ask(Program(garden, "site-admin")))
    assert (job.state, "Set PUSH_KEY_HF, or name its file" in job.error) == ("failed", True)
    assert not hub.calls


def take_from_killed_worker(job):
    """Run a job again whose worker has given no sign for long."""
    gone = timezone.now() - timedelta(hours=1)
    Job.objects.filter(pk=job.pk).update(state="running", seen_at=gone)
    run_job(job_id=job.pk)
    job.refresh_from_db()
    return job


def test_push_whose_worker_was_killed_goes_on(hub, tmp_path):
    project = released(tmp_path)
    answer = ask(Program(project, "site-admin"))
    job = Job.objects.get(pk=answer.json()["job"]["id"])
    asked, go_on = count(), threading.Event()

    def hang_after_the_first(_handler):
        return 500 if next(asked) and go_on.wait(60) else 0

    hub.faults = {("PUT", "/upload/"): hang_after_the_first}
    environment = os.environ | {
        "PUSH_HUB_ENDPOINT": hub.url, "PUSH_ENDPOINTS_ALLOWED": hub.url, "DJANGO_SETTINGS_MODULE": "tests.settings",
    }  # fmt: skip
    program = tmp_path / "worker.py"
    program.write_text(
        f"import django\ndjango.setup()\nfrom workspace.tasks import run_job\nrun_job(job_id={job.pk})\n"
    )
    running = forks.start([sys.executable, str(program)], tmp_path / "worker.log", environment)
    assert wait_until(lambda: len(hub.puts) == 1, seconds=60), (tmp_path / "worker.log").read_text()
    running.kill_all()
    go_on.set()
    assert "1.0" not in hub.tags
    hub.faults, first = {}, hub.puts[0]
    job = take_from_killed_worker(job)
    assert (job.state, job.attempts, job.error) == ("done", 2, "")
    assert hub.puts.count(first) == 1
    assert verbs(project)[-1] == "release.pushed"


def test_push_that_was_whole_when_its_worker_was_killed_is_recorded(hub, tmp_path):
    project = released(tmp_path)
    hub.faults = {("POST", "/tag/"): 503}
    job = run(ask(Program(project, "site-admin")))
    assert (job.state, "not today (503)" in job.error) == ("failed", True)
    hub.faults, hub.tags = {}, {"1.0": hub.head}  # the tag arrived; the worker did not live to hear of it
    job = take_from_killed_worker(job)
    assert (job.state, job.result["sent"]) == ("done", 0)
    assert verbs(project) == ["release.push_asked", "release.push_started", "release.pushed"]
    assert push(project)["sent"] == 0
    assert len(verbs(project)) == 3
