"""
Metrics for Prometheus at /metrics.

Each process counts its requests in files that gunicorn's processes share (gunicorn.conf.py). Other metrics come from
PostgreSQL and the broker; the counts in PostgreSQL are cached for ten seconds.
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
from django.http.request import split_domain_port, validate_host
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from config import heartbeats
from corpus.replica import NoReplica, has_replica, lag
from workspace.queries.metrics import Counts, project_metrics

CACHE_SECONDS = 10
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
HELP = {
    "items": ("status", "Items, by their status under the policy of their project."),
    "cases": ("state", "Disputes."),
    "slots": ("state", "Votes still wanted: open slots are queued, an annotator has the leased ones."),
    "runs": ("state", "Runs of the jury and of generators."),
    "ballots": ("outcome", "Current ballots."),
    "jobs": ("state", "Imports and releases done by workers."),
}

REQUESTS = Counter("assize_http_requests", "Requests answered.", ["route", "method", "status"])
SECONDS = Histogram(
    "assize_http_request_seconds", "Seconds until the response began.", ["route", "method"], buckets=BUCKETS
)


def count_request(*, route: str, method: str, status: int, seconds: float) -> None:
    """Count a request and the seconds until its response began."""
    # A client may invent methods, and Prometheus keeps every label for good.
    method = method if method in METHODS else "other"
    REQUESTS.labels(route, method, str(status)).inc()
    SECONDS.labels(route, method).observe(seconds)


class MetricsMiddleware:
    """Answer before the checks that a scraper's request would fail: host name, session, TLS. Others get a 404."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info != "/metrics":
            return self.get_response(request)
        if request.method != "GET" or not may_scrape(request):
            return HttpResponseNotFound()
        return HttpResponse(exposition(), content_type=CONTENT_TYPE_PLAIN_0_0_4, headers={"Cache-Control": "no-store"})


def may_scrape(request: HttpRequest) -> bool:
    """
    Return whether a request has the bearer token or, without a token, comes from this machine.

    In production only the token counts: behind a tunnel or a plain proxy every request comes from this machine.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if token and settings.METRICS_TOKEN:
        is_right = secrets.compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode())
        return scheme.casefold() == "bearer" and is_right
    return not settings.PRODUCTION and is_local(request)


def is_local(request: HttpRequest) -> bool:
    """Return whether a request comes from this machine, and neither through a proxy on it nor under a strange name."""
    peer = address_of(request.META.get("REMOTE_ADDR", ""))
    is_forwarded = any(name in request.META for name in FORWARDED)
    return peer is not None and peer.is_loopback and not is_forwarded and has_own_host(request)


def has_own_host(request: HttpRequest) -> bool:
    """Return whether the host is an address or a name of ours: a page may lead a browser here under its own name."""
    domain, _port = split_domain_port(request.META.get("HTTP_HOST", request.META.get("SERVER_NAME", "")))
    return validate_host(domain, settings.ALLOWED_HOSTS) or address_of(domain.strip("[]")) is not None


def address_of(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return an IP address, or None if the text is none."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def exposition() -> bytes:
    """Return all metrics in Prometheus' text format 0.0.4."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(DatabaseCollector())
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
    return generate_latest(registry) + generate_latest(REGISTRY)


class DatabaseCollector(Collector):
    """Collect metrics from PostgreSQL and the broker; `assize_up` is 0 for a server that does not answer."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield all metrics."""
        up = GaugeMetricFamily("assize_up", "1 if the server answered.", labels=["part"])
        for part, collect in (("broker", broker_metrics), ("database", database_metrics)):
            try:
                yield from collect()
            except (DatabaseError, redis.RedisError, OSError):
                up.add_metric([part], 0)
            else:
                up.add_metric([part], 1)
        yield up


def replica_metrics() -> Iterator[GaugeMetricFamily]:
    """Yield how far the replica is behind, if there is one that answers."""
    if has_replica():
        try:
            seconds = lag()
        except NoReplica:
            return
        yield GaugeMetricFamily("assize_replica_lag_seconds", "Seconds that the replica is behind.", value=seconds)


def database_metrics() -> Iterator[GaugeMetricFamily]:
    """Yield the counts of items, cases, slots, runs, ballots and jobs, and how far the replica is behind."""
    yield from replica_metrics()
    for kind, counts in cached_counts().items():
        label, text = HELP[kind]
        family = GaugeMetricFamily(f"assize_{kind}", text, labels=[label])
        for state, count in counts.items():
            family.add_metric([state], count)
        yield family


def cached_counts() -> Counts:
    """Return the counts from the cache, or from PostgreSQL if they are not in it."""
    try:
        counts: Counts | None = cache.get("metrics:counts")
    except (redis.RedisError, OSError):
        return project_metrics()
    if counts is None:
        counts = project_metrics()
        cache.set("metrics:counts", counts, timeout=CACHE_SECONDS)
    return counts


def broker_metrics() -> Iterator[GaugeMetricFamily]:
    """Yield the lengths of the queues, and when a worker last sent a heartbeat."""
    waiting = GaugeMetricFamily("assize_queue_messages", "Tasks waiting in the broker.", labels=["queue"])
    with redis.Redis.from_url(settings.CELERY_BROKER_URL, socket_timeout=5) as broker:
        for queue in settings.CELERY_TASK_QUEUES:
            waiting.add_metric([queue], int(broker.llen(queue)))
    yield waiting
    seen = heartbeats.seen()
    has_schedule = seen.pop(heartbeats.SCHEDULE, None) is not None
    has_all = len(seen) == len(heartbeats.PARTS) - 1
    yield GaugeMetricFamily(
        "assize_workers_seen", "1 if each queue has a worker with a recent heartbeat.", value=has_all
    )
    yield GaugeMetricFamily("assize_schedule_seen", "1 if the schedule sent a task recently.", value=has_schedule)
    if has_all:
        age = time.time() - min(seen.values())
        yield GaugeMetricFamily("assize_worker_silence_seconds", "Seconds since the last heartbeat.", value=age)
