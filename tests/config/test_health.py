"""What balancers ask, and what pages say when no worker runs."""

import pytest
from django.core.cache import cache
from django.test import Client

from config.health import WORKERS_SEEN
from config.tasks import heartbeat
from tests.annotation.people import Visitor
from tests.factories import make_project

BANNER = "No worker is running"


def test_healthz_answers_under_any_host():
    answer = Client().get("/healthz", headers={"host": "10.0.0.7"})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_readyz_reports_each_part():
    cache.delete(WORKERS_SEEN)
    answer = Client().get("/readyz").json()
    assert {name: answer[name] for name in ("status", "database", "broker", "migrations")} == dict.fromkeys(
        ("status", "database", "broker", "migrations"), "ok"
    )
    assert answer["workers"].startswith("no heartbeat")
    heartbeat()
    assert Client().get("/readyz").json()["workers"] == "ok"


def test_readyz_is_unavailable_without_a_broker(settings):
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["broker"]) == (503, "cannot be reached")
    assert "127.0.0.1" not in answer.content.decode()


@pytest.mark.parametrize(("role", "is_told"), [("lead", True), ("admin", True), ("annotator", False)])
def test_leads_see_that_no_worker_runs(role, is_told):
    somebody = Visitor(make_project(), role)
    cache.delete(WORKERS_SEEN)
    assert (BANNER in somebody.get("work/").content.decode()) == is_told
    heartbeat()
    assert BANNER not in somebody.get("work/").content.decode()
