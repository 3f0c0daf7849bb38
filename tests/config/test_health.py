"""What balancers ask, and what pages say when no worker runs."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client

from config import heartbeats
from config.health import missing_migrations
from config.schedule import schedule
from corpus.errors import Refused
from tests.annotation.people import Visitor
from tests.cases import cases
from tests.factories import make_project

BANNER = "No worker is running"
SILENT = "no heartbeat for 90 seconds"
AWAY = {"default": {"BACKEND": "config.redis_cache.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}}


def test_healthz_answers_under_any_host():
    response = Client().get("/healthz", headers={"host": "10.0.0.7"})
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_readyz_reports_each_part():
    cache.delete_many([f"seen:{part}" for part in heartbeats.PARTS])
    response = Client().get("/readyz").json()
    assert {name: response[name] for name in ("status", "database", "broker", "migrations")} == dict.fromkeys(
        ("status", "database", "broker", "migrations"), "ok"
    )
    assert [response["workers"], response["schedule"]] == ["no heartbeat for 90 seconds: celery, jury", SILENT]
    heartbeats.record(["celery", heartbeats.SCHEDULE])
    response = Client().get("/readyz").json()
    assert [response["workers"], response["schedule"]] == ["no heartbeat for 90 seconds: jury", "ok"]
    heartbeats.record(["jury"])
    assert Client().get("/readyz").json()["workers"] == "ok"


def test_readyz_reads_migrations_once_in_ten_seconds():
    missing_migrations.cache_clear()
    Client().get("/readyz")
    for _stranger in range(5):
        Client().get("/readyz")
    assert missing_migrations.cache_info().misses <= 2


def test_readyz_is_unavailable_without_a_broker(settings):
    settings.CACHES = AWAY
    response = Client().get("/readyz")
    assert (response.status_code, response.json()["broker"]) == (503, "cannot be reached")
    assert int(response["Retry-After"]) > 0
    assert "127.0.0.1" not in response.content.decode()


@cases(("role", "is_shown"), [("lead", True), ("admin", True), ("annotator", False)])
def test_leads_see_that_no_worker_runs(role, is_shown):
    visitor = Visitor(make_project(), role)
    cache.delete_many([f"seen:{part}" for part in heartbeats.PARTS])
    assert (BANNER in visitor.get("work/").content.decode()) == is_shown
    heartbeats.record(["celery", "jury"])
    page = visitor.get("work/").content.decode()
    assert (BANNER in page, "The schedule is not running" in page) == (False, is_shown)
    heartbeats.record([heartbeats.SCHEDULE])
    assert "is not running" not in visitor.get("work/").content.decode()


def test_schedule_that_sends_rarely_counts_as_ended_later(settings):
    assert heartbeats.schedule_timeout() == 90
    settings.CELERY_BEAT_SCHEDULE = schedule(120)
    assert heartbeats.schedule_timeout() == 360


def test_worker_heartbeat_sets_the_time_of_its_file(settings, tmp_path):
    settings.WORKER_HEARTBEAT_PATH = str(tmp_path / "heartbeat")
    file = tmp_path / "heartbeat"
    file.touch()
    heartbeats.clear_file()
    assert not file.exists()
    heartbeats.send_worker_heartbeat(["celery"])
    os.utime(file, (0, 0))
    heartbeats.send_worker_heartbeat(["celery"])
    assert file.stat().st_mtime > 0
    os.utime(file, (0, 0))
    settings.CACHES = AWAY
    heartbeats.send_worker_heartbeat(["celery"])
    assert file.stat().st_mtime == 0
    settings.WORKER_HEARTBEAT_PATH = ""
    heartbeats.clear_file()


def test_heartbeat_of_the_schedule_sets_the_time_of_its_file(settings, tmp_path):
    file = tmp_path / "heartbeat"
    settings.WORKER_HEARTBEAT_PATH = str(file)
    heartbeats.send_schedule_heartbeat()
    assert file.exists()
    file.unlink()
    settings.CACHES = AWAY
    heartbeats.send_schedule_heartbeat()
    assert not file.exists()


@cases("name", ["missing/heartbeat", ""])
def test_worker_that_cannot_write_its_heartbeat_does_not_start(settings, tmp_path, name):
    settings.WORKER_HEARTBEAT_PATH = f"{tmp_path}/{name}"
    with pytest.raises(Refused, match=r"WORKER_HEARTBEAT_PATH is [^(]+, which cannot be written"):
        heartbeats.clear_file()


@pytest.mark.skipif(not Path("/proc/self/comm").exists(), reason="no file that can be written and not removed")
def test_worker_that_cannot_remove_its_file_does_not_start(settings):
    name = Path("/proc/self/comm").read_text()
    settings.WORKER_HEARTBEAT_PATH = "/proc/self/comm"
    with pytest.raises(Refused, match=r"WORKER_HEARTBEAT_PATH is /proc/self/comm, which cannot be removed"):
        heartbeats.clear_file()
    Path("/proc/self/comm").write_text(name)


def test_workers_that_start_at_once_with_one_file_do_start(settings, tmp_path):
    """One that failed by then only logged it, and sent no heartbeat as long as it ran."""
    settings.WORKER_HEARTBEAT_PATH = str(tmp_path / "heartbeat")
    with ThreadPoolExecutor(4) as workers:
        list(workers.map(lambda _start: heartbeats.clear_file(), range(400)))
    assert list(tmp_path.iterdir()) == []
