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
    response = Client().get("/healthz", headers={"host": "10.0.0.7"})
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_readyz_reports_each_part():
    cache.delete(WORKERS_SEEN)
    response = Client().get("/readyz").json()
    assert {name: response[name] for name in ("status", "database", "broker", "migrations")} == dict.fromkeys(
        ("status", "database", "broker", "migrations"), "ok"
    )
    assert response["workers"].startswith("no heartbeat")
    heartbeat()
    assert Client().get("/readyz").json()["workers"] == "ok"


def test_readyz_is_unavailable_without_a_broker(settings):
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }
    response = Client().get("/readyz")
    assert (response.status_code, response.json()["broker"]) == (503, "cannot be reached")
    assert "127.0.0.1" not in response.content.decode()


@pytest.mark.parametrize(("role", "is_shown"), [("lead", True), ("admin", True), ("annotator", False)])
def test_leads_see_that_no_worker_runs(role, is_shown):
    visitor = Visitor(make_project(), role)
    cache.delete(WORKERS_SEEN)
    assert (BANNER in visitor.get("work/").content.decode()) == is_shown
    heartbeat()
    assert BANNER not in visitor.get("work/").content.decode()
