"""/metrics: access, counts, and no personal data."""

import os
import sys
import urllib.request

import pytest
from django.core.cache import cache
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from bench import forks
from config import heartbeats
from config.embedded.processes import free_port, wait_until
from tests.annotation.people import Visitor
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

ELSEWHERE = {"REMOTE_ADDR": "10.1.2.3"}


def figures(text):
    return {
        (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape():
    cache.delete("metrics:counts")
    response = Client().get("/metrics", headers={"host": "10.0.0.7:8000"})
    assert response.status_code == 200
    return figures(response.content.decode())


def test_metrics_count_items_cases_slots_and_queues(tmp_path):
    before = scrape()
    project = make_project(votes_wanted=2)
    import_dialogues(project, tmp_path, [dialogue(name) for name in ("a", "b", "c", "d")])
    agreed = [opinion("a", rater, "safe", "safe") for rater in ("x", "y", "model-z")]
    torn = [opinion("b", rater, label, "safe") for rater, label in zip("wxyz", ["safe", "unsafe"] * 2, strict=True)]
    import_votes(project, tmp_path, agreed + torn)
    command("adjudicate", project=project.slug)
    command("withdraw_item", "d", reason="broken", project=project.slug)
    heartbeats.record(heartbeats.PARTS)
    after = scrape()

    grown = {name: after[name] - before.get(name, 0) for name in after}
    metrics = {kind: grown["assize_items", kind] for kind in ("decided", "disputed", "pending", "settled", "withdrawn")}
    assert metrics == {"decided": 1, "disputed": 1, "pending": 1, "settled": 0, "withdrawn": 1}
    assert grown["assize_cases", "open"] == 1
    assert grown["assize_ballots", "cast"] == 1
    assert after["assize_schedule_seen",] == 1
    assert (after["assize_workers_seen",], after["assize_up", "broker"], after["assize_up", "database"]) == (1, 1, 1)
    assert after["assize_worker_silence_seconds",] < 60
    assert {("assize_queue_messages", "celery"), ("assize_queue_messages", "jury")} <= set(after)
    assert {("assize_runs", "running"), ("assize_jobs", "failed"), ("assize_slots", "leased")} <= set(after)


def test_requests_are_counted_by_route_name():
    somebody = Visitor(make_project())
    route = "assize_http_requests_total", "GET", "annotation:work", "200"
    before = scrape().get(route, 0)
    somebody.get("work/")
    somebody.client.generic("BREW", "/no/such-page-of-ours/")
    after = scrape()

    assert after[route] == before + 1
    assert after["assize_http_request_seconds_count", "GET", "annotation:work"] >= 1
    assert after["assize_http_requests_total", "other", "none", "404"] >= 1
    text = Client().get("/metrics").content.decode()
    assert not [word for word in (somebody.name, somebody.project.slug, "such-page", "BREW") if word in text]


@pytest.mark.parametrize("more", [
    ELSEWHERE, {"REMOTE_ADDR": ""}, {"HTTP_X_FORWARDED_FOR": "10.1.2.3"}, {"HTTP_X_FORWARDED_PROTO": "https"},
    {"HTTP_AUTHORIZATION": "Bearer "} | ELSEWHERE, {"HTTP_AUTHORIZATION": "Bearer wrong"},
    {"HTTP_AUTHORIZATION": "Bearer wröng"}, {"HTTP_AUTHORIZATION": "Token right-token"},
    {"HTTP_HOST": "led-here.example"},
])  # fmt: skip
def test_metrics_are_hidden_from_others(settings, more):
    for settings.METRICS_TOKEN in ("", "right-token"):
        if settings.METRICS_TOKEN or "HTTP_AUTHORIZATION" not in more or "REMOTE_ADDR" in more:
            response = Client().get("/metrics", **more)
            assert (response.status_code, response.content) == (404, b"")


def test_metrics_need_a_token_in_production(settings):
    settings.PRODUCTION = True
    assert Client().get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "right-token"
    assert Client().get("/metrics").status_code == 404
    assert Client().get("/metrics", HTTP_AUTHORIZATION="Bearer right-token").status_code == 200


def test_metrics_token_works_from_anywhere(settings):
    settings.METRICS_TOKEN = "right-token"
    headers = {"HTTP_AUTHORIZATION": "Bearer right-token", "HTTP_X_FORWARDED_FOR": "10.1.2.3"} | ELSEWHERE
    assert Client().get("/metrics", **headers).status_code == 200
    assert Client().post("/metrics", **headers).status_code == 404


def test_metrics_report_unreachable_broker(settings):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    metrics = scrape()
    assert (metrics["assize_up", "broker"], metrics["assize_up", "database"]) == (0, 1)
    assert ("assize_items", "decided") in metrics


@pytest.mark.slow
def test_processes_share_metrics_and_leave_no_folder(tmp_path):
    port = free_port()
    command = ["gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--log-level", "warning"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    server = forks.start([sys.executable, "-m", *command], tmp_path / "log", environment)
    try:
        assert wait_until(lambda: is_up(port), seconds=60)
        for _each in range(40):
            fetch(port, "/sign-in/")
        counts = {figures(fetch(port, "/metrics")).get(("assize_http_requests_total", "GET", "sign-in", "200"))
                  for _each in range(10)}  # fmt: skip
    finally:
        server.terminate()
        server.wait(timeout=40)
    assert counts == {40}
    assert not list(tmp_path.glob("assize-counts-*"))


def fetch(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
        return response.read().decode()


def is_up(port):
    try:
        return bool(fetch(port, "/healthz"))
    except OSError:
        return False
