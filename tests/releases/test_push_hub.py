"""A release is pushed to a Hub on loopback by the Hub's own library: whole, once, private, and again after a break."""

import os
import socket
import sys
import threading
from itertools import count
from pathlib import Path

import pytest

from bench import forks
from config.embedded.processes import wait_until
from corpus.models import Event
from releases.models import Release
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion
from tests.releases.hub_stub import REPO, TOKEN, running_hub


def released(folder, *, license="cc-by-4.0"):  # noqa: A002
    """Return a project with a release 1.0."""
    project, names = make_project(), [f"d{number}" for number in range(4)]
    more = {"license": license} if license else {}
    import_dialogues(project, folder, [dialogue(name, **more) for name in names])
    import_votes(project, folder, [opinion(name, rater, "safe", "safe") for name in names for rater in ("a", "b", "c")])
    assert command("release", "1.0", project=project.slug).code == 0
    return project


@pytest.fixture(scope="module")
def garden(tmp_path_factory):
    return released(tmp_path_factory.mktemp("garden"))


@pytest.fixture
def hub(settings, monkeypatch):
    with running_hub() as hub:
        settings.PUSH_HUB_ENDPOINT, settings.PUSH_ENDPOINTS_ALLOWED = hub.url, [hub.url]
        monkeypatch.setenv("PUSH_KEY_HF", TOKEN)
        yield hub


def push(project, *arguments, version="1.0", to=f"hf:{REPO}", **options):
    return command("push_release", version, *arguments, to=to, project=project.slug, **options)


def verbs(project):
    found = Event.objects.filter(project=project, verb__startswith="release.push").order_by("pk")
    return [event.verb for event in found]


def test_release_is_pushed_whole_private_and_once(hub, tmp_path):
    project = released(tmp_path)
    release = Release.objects.get(project=project)
    done = push(project)
    assert done.code == 0, done.stderr
    assert done == {"url": f"{hub.url}/datasets/{REPO}/tree/1.0", "sent": 9 + 3, "unchanged": 0, "private": True} | {
        "sent": len(release.hashes)
    }
    assert hub.private is True
    there = hub.files_at("1.0")
    assert set(there) == {*release.hashes, ".gitattributes"}
    for name in release.hashes:
        assert there[name] == (release_folder(release) / name).read_bytes(), name
    again = push(project)
    assert (again["sent"], again["unchanged"]) == (0, len(release.hashes))
    assert "nothing was sent" in again.stderr
    assert len(hub.commits) == 2  # the Hub's own, and ours
    assert verbs(project) == ["release.push_started", "release.pushed"]
    detail = Event.objects.get(project=project, verb="release.pushed").detail
    assert detail == {
        "to": f"hf:{REPO}", "manifest_sha256": release.manifest_sha256, "files": len(release.hashes),
        "sent": len(release.hashes), "is_private": True,
    }  # fmt: skip
    assert TOKEN not in str(list(Event.objects.filter(project=project).values_list("detail", flat=True)))


def release_folder(release):
    return Path(release.folder)


def test_public_dataset_is_only_pushed_to_if_that_is_meant(hub, garden):
    hub.make(private=False)
    refused = push(garden)
    assert refused.code == 2
    assert "is public, and nothing was sent there" in refused.stderr
    assert not hub.puts
    assert push(garden, "--public")["private"] is False


def test_public_release_needs_a_licence_for_every_row(hub, tmp_path):
    project = released(tmp_path, license="")
    refused = push(project, "--public")
    assert refused.code == 2
    assert "4 rows of release 1.0 have no licence" in refused.stderr
    assert not hub.calls
    assert push(project).code == 0


def test_other_release_of_that_version_is_not_overwritten(hub, garden, tmp_path):
    other = released(tmp_path)
    assert push(garden).code == 0
    refused = push(other)
    assert refused.code == 2
    assert "has another release 1.0, with other " in refused.stderr
    assert len(hub.tags) == 1
    assert command("release", "1.1", project=garden.slug).code == 0
    newer = push(garden, version="1.1")  # on top of it, with its own tag
    assert newer.code == 0, newer.stderr
    assert newer["unchanged"] > 0
    assert set(hub.tags) == {"1.0", "1.1"}


def test_refusals_and_broken_connections_are_said_and_mended_by_another_push(hub, garden, monkeypatch):
    monkeypatch.setenv("PUSH_KEY_OTHER", "wrong")
    refused = push(garden, key_env="PUSH_KEY_OTHER")
    assert (refused.code, "does not accept the token in PUSH_KEY_OTHER (401)" in refused.stderr) == (2, True)
    assert "wrong" not in refused.stderr.replace("PUSH_KEY_OTHER", "")
    cuts = []

    def cut(handler):
        cuts.append(handler)
        handler.connection.shutdown(socket.SHUT_RDWR)
        return 500

    for fault, words in (
        ({("POST", "create"): 403, ("GET", REPO): 403}, "may not write to hf:garden/rows (403)"),
        ({("POST", "commit"): 500}, "The Hub refused: not today (500)"),
        ({("POST", "commit"): cut}, "The connection to hf:garden/rows broke"),
        ({("POST", "/tag/"): 503}, "not today (503)"),
    ):
        hub.faults = fault
        broken = push(garden)
        assert (broken.code, words in broken.stderr) == (2, True), broken.stderr
        assert "Traceback" not in broken.stderr
        assert "1.0" not in hub.tags
    hub.faults, large = {}, len(hub.puts)
    done = push(garden)
    assert done.code == 0, done.stderr
    assert done["sent"] == 0  # all of it came with the commit whose tag failed
    assert "1.0" in hub.tags
    assert len(cuts) == 1
    assert len(hub.puts) == large


def test_upload_link_to_a_forbidden_address_is_not_followed(hub, garden):
    hub.uploads = "http://169.254.169.254"
    refused = push(garden)
    assert refused.code == 2
    assert "169.254.169.254 is link-local" in refused.stderr
    assert "name it in PUSH_ENDPOINTS_ALLOWED" in refused.stderr
    assert not hub.puts


def test_killed_push_is_continued(hub, garden, tmp_path):
    asked, go_on = count(), threading.Event()

    def hang_after_the_first(_handler):
        return 500 if next(asked) and go_on.wait(60) else 0

    hub.faults = {("PUT", "/upload/"): hang_after_the_first}
    environment = os.environ | {
        "PUSH_HUB_ENDPOINT": hub.url, "PUSH_ENDPOINTS_ALLOWED": hub.url, "DJANGO_SETTINGS_MODULE": "tests.settings",
    }  # fmt: skip
    line = [sys.executable, "manage.py", "push_release", "1.0", "--to", f"hf:{REPO}", "--project", garden.slug]
    running = forks.start(line, tmp_path / "push.log", environment)
    assert wait_until(lambda: len(hub.puts) == 1, seconds=60), (tmp_path / "push.log").read_text()
    running.kill_all()
    go_on.set()
    assert "1.0" not in hub.tags
    assert verbs(garden)[-1] == "release.push_started"
    hub.faults, first = {}, hub.puts[0]
    done = push(garden)
    assert done.code == 0, done.stderr
    assert hub.puts.count(first) == 1
    assert set(hub.files_at("1.0")) >= set(Release.objects.get(project=garden, version="1.0").hashes)
