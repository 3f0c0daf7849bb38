"""What the repository promises about itself."""

import re
import subprocess
import sys

import pytest

from config.data_dir import CHECKOUT
from tests.factories import command

APPS = (
    "corpus",
    "annotation",
    "jury",
    "adjudication",
    "quality",
    "releases",
    "guards",
    "attacks",
    "workspace",
    "config",
)


def tracked():
    listed = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is no git checkout")
    return [CHECKOUT / name for name in listed.stdout.splitlines()]


def commands():
    paths = [path for app in APPS for path in (CHECKOUT / app / "management" / "commands").glob("[!_]*.py")]
    return sorted(path.stem for path in paths)


def test_every_command_is_documented():
    guide = (CHECKOUT / "docs" / "commands.md").read_text()

    assert [name for name in commands() if f"`{name}" not in guide] == []


def test_every_environment_variable_is_in_the_example():
    example = (CHECKOUT / ".env.example").read_text()
    reads = re.compile(r'env\.\w+\(\s*"([A-Z_]+)"|(?:server_url|url_or_none|read_secret)\("([A-Z_]+)"\)')
    read = {pair for path in (CHECKOUT / "config").rglob("*.py") for pair in reads.findall(path.read_text())}
    names = {name for pair in read for name in pair if name}

    assert {"SECRET_KEY", "DATABASE_URL"} <= names
    assert [name for name in sorted(names) if name not in example] == []


def test_no_file_names_a_package_host_or_a_download_address():
    hosts = [host + ".org" for host in ("pypi", "files.pythonhosted", "registry.npmjs")]
    for path in tracked():
        if path.is_file() and path.suffix not in (".png", ".ico"):
            text = path.read_text(errors="replace")
            assert not [host for host in hosts if host in text], path


def test_project_is_created_once_with_valid_settings():
    assert command("create_project", "only-once").code == 0
    assert "already" in command("create_project", "only-once").stderr
    assert "not a field" in command("create_project", "x1", fields="prompt").stderr
    assert command("create_project", "x2", policy="aegis2", fields="response_label").code == 2
    assert command("create_project", "x3", quorum=0).code == 2
    assert command("create_project", "no spaces").code == 2
    assert "There is no project" in command("adjudicate", project="nowhere").stderr


def test_token_is_printed_only_on_request():
    plain = command("create_user", "zoe", "--role", "lead")
    more = command("create_user", "zoe", "--role", "annotator", "--token")

    assert (plain.code, plain["user"], plain["role"], "token" in plain) == (0, "zoe", "lead", False)
    assert (more["role"], len(more["token"]) > 30) == ("annotator", True)
    assert more["invite_url"].startswith("http://")


def test_events_are_append_only():
    from django.db import DatabaseError, connection

    from corpus.models import Event

    assert command("create_project", "with-event").code == 0
    event = Event.objects.get(subject="with-event")
    with pytest.raises(DatabaseError, match="append-only"):
        Event.objects.filter(pk=event.pk).update(verb="never.happened")
    with pytest.raises(DatabaseError, match="append-only"):
        event.delete()
    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute("TRUNCATE corpus_event CASCADE")
    assert Event.objects.filter(subject="with-event", verb=event.verb).exists()


def test_secret_in_a_file_is_detected(tmp_path):
    (tmp_path / "settings.py").write_text('API_PASSWORD = "' + "7hK2pQ9x" * 3 + '"\n')
    (tmp_path / "plain.py").write_text("PAGES = 3\n")
    look = [sys.executable, ".ci/find_secrets.py"]
    asked = {"cwd": CHECKOUT, "capture_output": True, "text": True, "timeout": 60, "check": False}

    found = subprocess.run([*look, str(tmp_path / "settings.py")], **asked)
    plain = subprocess.run([*look, str(tmp_path / "plain.py")], **asked)

    assert (found.returncode, plain.returncode) == (1, 0)
    assert "settings.py:1: looks like a secret" in found.stderr
    assert "7hK2" not in found.stderr
