"""
Figures for Prometheus at /metrics.

Requests are counted by each process, in files that gunicorn's processes share (gunicorn.conf.py). All else is asked
of PostgreSQL and the broker, at most once in ten seconds however many ask.
"""

import ipaddress
import os
import secrets
import time
from collections.abc import Callable, Iterator

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from config.health import WORKERS_SEEN
from workspace.queries.metrics import Counts, project_metrics

SECONDS_KEPT = 10
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
HELP = {
    "items": ("status", "Items, by what the policy of their project makes of them."),
    "cases": ("state", "Disputes."),
    "slots": ("state", "Votes still wanted: open ones are the queue, leased ones are before somebody now."),
    "runs": ("state", "Runs of the jury and of generators."),
    "ballots": ("outcome", "Current ballots."),
    "jobs": ("state", "Imports and releases done by workers."),
}

REQUESTS = Counter("assize_http_requests", "Requests answered.", ["route", "method", "status"])
SECONDS = Histogram(
    "assize_http_request_seconds", "Until an answer began.", ["route", "method"], buckets=BUCKETS
)  # of streams, the beginning


def note_request(*, route: str, method: str, status: int, seconds: float) -> None:
    # Anybody may send a method of their own making, and every label is kept for good.
    method = method if method in METHODS else "other"
    REQUESTS.labels(route, method, str(status)).inc()
    SECONDS.labels(route, method).observe(seconds)


class MetricsMiddleware:
    """Answers before anything that a scraper lacks: a host of ours, a session, TLS. To others there is no such page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info != "/metrics":
            return self.get_response(request)
        if request.method != "GET" or not may_scrape(request):
            return HttpResponseNotFound()
        return HttpResponse(exposition(), content_type=CONTENT_TYPE_PLAIN_0_0_4, headers={"Cache-Control": "no-store"})


def may_scrape(request: HttpRequest) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if given and settings.METRICS_TOKEN:
        is_right = secrets.compare_digest(given.strip().encode(), settings.METRICS_TOKEN.encode())
        return scheme.casefold() == "bearer" and is_right
    return is_from_here(request)


def is_from_here(request: HttpRequest) -> bool:
    """Tell whether a program of this machine asks, and not a proxy on it for somebody else."""
    try:
        peer = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return peer.is_loopback and not any(name in request.META for name in FORWARDED)


def exposition() -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(DatabaseCollector())
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
    return generate_latest(registry) + generate_latest(REGISTRY)


class DatabaseCollector(Collector):
    """What there is, as PostgreSQL and the broker tell when they are asked; one that is away is told of as such."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up = GaugeMetricFamily("assize_up", "Whether it answered.", labels=["part"])
        for part, ask in (("broker", from_broker), ("database", from_database)):
            try:
                yield from ask()
            except (DatabaseError, redis.RedisError, OSError):
                up.add_metric([part], 0)
            else:
                up.add_metric([part], 1)
        yield up


def from_database() -> Iterator[GaugeMetricFamily]:
    for kind, counts in counted().items():
        label, text = HELP[kind]
        family = GaugeMetricFamily(f"assize_{kind}", text, labels=[label])
        for state, count in counts.items():
            family.add_metric([state], count)
        yield family


def counted() -> Counts:
    try:
        kept: Counts | None = cache.get("metrics:counts")
    except (redis.RedisError, OSError):
        return project_metrics()
    if kept is None:
        kept = project_metrics()
        cache.set("metrics:counts", kept, timeout=SECONDS_KEPT)
    return kept


def from_broker() -> Iterator[GaugeMetricFamily]:
    waiting = GaugeMetricFamily("assize_queue_messages", "Tasks waiting in the broker.", labels=["queue"])
    with redis.Redis.from_url(settings.CELERY_BROKER_URL, socket_timeout=5) as broker:
        for queue in settings.CELERY_TASK_QUEUES:
            waiting.add_metric([queue], int(broker.llen(queue)))
    yield waiting
    seen = cache.get(WORKERS_SEEN)
    yield GaugeMetricFamily("assize_workers_seen", "1 if a worker gave a sign of life lately.", value=seen is not None)
    if seen is not None:
        age = time.time() - seen
        yield GaugeMetricFamily("assize_worker_silence_seconds", "Since the last sign of life.", value=age)
