"""A server that others reach is not started with weak settings, nor any with ones that cannot be read."""

import json
import os
import secrets
import sys
from types import SimpleNamespace

import pytest

from bench import forks
from config.oidc import Oidc
from config.production import weak_settings
from tests.cases import cases

GUNICORN = ("gunicorn", "config.wsgi", "--bind", "127.0.0.1:0", "--log-level", "warning")
WORKER = ("celery", "--app", "config.celery", "worker", "--loglevel", "WARNING")
BEAT = ("celery", "--app", "config.celery", "beat", "--loglevel", "WARNING", "--pidfile=")
SOUND = {
    "DEBUG": False,
    "ALLOWED_HOSTS": ["assize.example.org"],
    "PUBLIC_URL": "https://assize.example.org",
    "SECRET_KEY": secrets.token_urlsafe(48),
    "DATABASES": {"default": {"USER": "assize", "PASSWORD": secrets.token_urlsafe(16)}},
    "REDIS_URL": f"redis://:{secrets.token_urlsafe(16)}@valkey:6379/0",
    "REDIS_WITHOUT_PASSWORD": False,
    "OIDC": Oidc(),
}


def database(password):
    return {"DATABASES": {"default": {"USER": "labels", "PASSWORD": password}}}


def weak(**changed):
    return weak_settings(SimpleNamespace(**SOUND | changed))


@cases(
    ("changed", "named"),
    [
        ({"DEBUG": True}, "ASSIZE_DEBUG"),
        ({"ALLOWED_HOSTS": []}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": ["a.example.org", "*"]}, "ALLOWED_HOSTS"),
        ({"PUBLIC_URL": "http://assize.example.org"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://"}, "PUBLIC_URL"),
        ({"SECRET_KEY": "a" * 80}, "SECRET_KEY"),
        ({"SECRET_KEY": secrets.token_urlsafe(48)[:49]}, "SECRET_KEY"),
        ({"OIDC": Oidc(url="http://id.example.org", client_id="a")}, "OIDC_URL"),
        (database(None), "database is missing"),
        (database("postgres"), "database is guessable"),
        (database("Assize-2026"), "database is guessable"),
        (database("labels123"), "database is guessable"),
        (database("x7Kq2"), "database is shorter"),
        (database("abababababab"), "database is guessable"),
        ({"REDIS_URL": "redis://valkey:6379/0"}, "broker is missing"),
        ({"REDIS_URL": "redis://:password@valkey:6379/0"}, "broker is guessable"),
    ],
)
def test_each_weak_setting_is_named(changed, named):
    (line,) = weak(**changed)
    assert named in line


@cases(
    "changed",
    [
        {},
        {"REDIS_URL": "redis://127.0.0.1:6379/0"},
        {"REDIS_URL": "redis://[::1]:6379/0"},
        {"REDIS_URL": "redis://valkey:6379/0", "REDIS_WITHOUT_PASSWORD": True},
        {"OIDC": Oidc(url="https://id.example.org", client_id="a")},
        {"OIDC": Oidc(url="http://localhost:9400", client_id="a")},
    ],
)
def test_sound_settings_pass(changed):
    assert weak(**changed) == []


def run(*command, **environment):
    return forks.run([sys.executable, "-m", *command], {**os.environ, **environment}, seconds=60)


@pytest.mark.slow
@pytest.mark.parametrize("command", [GUNICORN, WORKER, BEAT])
def test_no_process_starts_in_production_with_weak_settings(command, tmp_path):
    ended = run(
        *command, *(["--schedule", str(tmp_path / "schedule")] if "beat" in command else []),
        ASSIZE_PRODUCTION="1", SECRET_KEY="short", ASSIZE_DEBUG="1", ALLOWED_HOSTS="*",
    )  # fmt: skip
    lines = [line for line in ended.stderr.splitlines() if line.startswith("Not started: ")]

    assert ended.returncode == 2
    assert [line.split()[2] for line in lines] == ["ASSIZE_DEBUG", "ALLOWED_HOSTS", "PUBLIC_URL", "SECRET_KEY"]
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", [GUNICORN, WORKER])
def test_missing_secret_file_is_one_error_line(command):
    ended = run(*command, SECRET_KEY_FILE="/nowhere/key")
    assert ended.returncode == 2
    assert "Not started: The file of SECRET_KEY_FILE cannot be read: /nowhere/key" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", [GUNICORN, WORKER])
def test_number_that_cannot_be_read_is_one_error_line_of_a_process(command):
    ended = run(*command, TRUSTED_PROXY_COUNT="two")
    lines = [line for line in ended.stderr.splitlines() if line.startswith("Not started: ")]
    assert ended.returncode == 2
    assert lines == ["Not started: TRUSTED_PROXY_COUNT is 'two'. Write a whole number, or leave it out."]
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRUSTED_PROXY_COUNT", "1.5"),
        ("STORAGE_LINK_SECONDS", "five"),
        ("SCHEDULE_SECONDS", "30s"),
        ("SCHEDULE_SECONDS", "nan"),
        ("JURY_ENDPOINTS_PUBLIC_ONLY", "yess"),
        ("ASSIZE_LOG_LEVEL", "LOUD"),
        ("ASSIZE_LOG_FORMAT", "jsn"),
    ],
)
def test_value_that_cannot_be_read_is_one_error_line_of_a_command(name, value):
    ended = forks.run([sys.executable, "manage.py", "check"], {**os.environ, name: value})
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"{name} is '{value}'. Write ")
    assert len(ended.stderr.strip().splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("command", [WORKER, BEAT])
def test_no_process_starts_that_cannot_write_its_heartbeat(command, tmp_path):
    """Nor while the broker is away, when there is no heartbeat to write."""
    schedule = ["--schedule", str(tmp_path / "schedule")] if command == BEAT else []
    ended = run(*command, *schedule, WORKER_HEARTBEAT_PATH="/nowhere/heartbeat", REDIS_URL="redis://127.0.0.1:1/0")
    assert ended.returncode == 2, ended.stderr
    assert "Not started: WORKER_HEARTBEAT_PATH is /nowhere/heartbeat, which cannot be written" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
def test_deploy_check_reports_weak_settings():
    ended = forks.run([sys.executable, "manage.py", "check", "--deploy"], {**os.environ, "SECRET_KEY": "short"})
    assert ended.returncode != 0
    assert "SECRET_KEY is weak" in ended.stderr


def settings_with(names, **variables):
    """Return settings as their names and values in a fresh process whose environment has some variables."""
    asked = f"import json; from config import settings as s; print(json.dumps([getattr(s, n) for n in {names!r}]))"
    return json.loads(forks.run([sys.executable, "-c", asked], {**os.environ, **variables}).stdout)


@pytest.mark.slow
def test_blank_variables_are_as_unset():
    names = ["TRUSTED_PROXY_COUNT", "REPLICA_WAIT_SECONDS", "EMAIL_USE_TLS", "ALLOWED_HOSTS", "JURY_KEYS"]
    texts = ["ASSIZE_LOG_LEVEL", "PUBLIC_URL", "API_RATE", "STORAGE_DOWNLOADS"]
    blank = dict.fromkeys(names, " ") | dict.fromkeys(texts, "")
    assert settings_with([*names, "LOG_LEVEL", "PUBLIC_URL"], **blank) == [
        0, 2.0, True, ["127.0.0.1", "localhost", "[::1]"], [], "WARNING", "http://127.0.0.1:8000",
    ]  # fmt: skip


@pytest.mark.slow
def test_values_are_read_with_blanks_around_them():
    given = {
        "ALLOWED_HOSTS": "a.example, b.example,, ", "CSRF_TRUSTED_ORIGINS": " https://a.example , https://b.example",
        "JURY_KEYS": "ONE_KEY, OTHER_KEY", "TRUSTED_PROXY_COUNT": " 2 ", "REPLICA_WAIT_SECONDS": "1e1",
        "EMAIL_USE_TLS": " No ", "EMAIL_USE_SSL": "On",
    }  # fmt: skip
    assert settings_with([*given, "LOG_LEVEL"], **given, ASSIZE_LOG_LEVEL=" warn ", ASSIZE_LOG_FORMAT="JSON") == [
        ["a.example", "b.example"], ["https://a.example", "https://b.example"], ["ONE_KEY", "OTHER_KEY"], 2, 10.0,
        False, True, "WARN",
    ]  # fmt: skip


@pytest.mark.slow
def test_production_requires_tls_and_trusts_its_proxy():
    names = "SECURE_HSTS_SECONDS SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE SECURE_PROXY_SSL_HEADER CSRF_TRUSTED_ORIGINS"
    asked = f"from config import settings as s; print(*(getattr(s, n) for n in {names.split()!r}), sep='|')"
    production = {"PUBLIC_URL": "https://a.example.org", "ASSIZE_PRODUCTION": "1", "TRUSTED_PROXY_COUNT": "1"}
    settings = [
        forks.run([sys.executable, "-c", asked], {**os.environ, **more}).stdout.strip().split("|")
        for more in (
            production, production | {"TRUSTED_PROXY_COUNT": "0", "HSTS_SECONDS": "60"}, {"ASSIZE_PRODUCTION": "0"},
        )
    ]  # fmt: skip
    header = "('HTTP_X_FORWARDED_PROTO', 'https')"
    assert settings[0] == ["31536000", "True", "True", header, "['https://a.example.org']"]
    assert settings[1] == ["60", "True", "True", "None", "['https://a.example.org']"]
    assert settings[2] == ["0", "False", "False", "None", "[]"]
