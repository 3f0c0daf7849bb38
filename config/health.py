"""Health endpoints for load balancers and people on call: /healthz and /readyz."""

import time
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from redis.exceptions import RedisError

WORKERS_SEEN = "workers:seen"
WORKER_TIMEOUT_SECONDS = 90
"Without a heartbeat for so long, no worker counts as running; the schedule asks for one every 30 seconds."


class HealthMiddleware:
    """Answer before the checks that a balancer's request would fail: host name, session, TLS."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == "/healthz":
            return JsonResponse({"status": "ok"})
        if request.path_info == "/readyz":
            return readiness()
        return self.get_response(request)


def readiness() -> JsonResponse:
    """Return 200 if database, broker and migrations are in order, else 503. Workers are reported but not required."""
    checks = {"database": database_problem(), "broker": broker_problem()}
    checks["migrations"] = "unknown" if checks["database"] else migrations_problem()
    report: dict[str, Any] = {name: problem or "ok" for name, problem in checks.items()}
    report["workers"] = "unknown" if checks["broker"] else workers_status()
    is_ready = not any(checks.values())
    response = JsonResponse({"status": "ok" if is_ready else "unavailable", **report}, status=200 if is_ready else 503)
    response["Cache-Control"] = "no-store"
    return response


# A server's own error message may name hosts and accounts, so it is not shown.
def database_problem() -> str:
    """Return what is wrong with the database, or an empty string."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        connection.close()
        return "cannot be reached"
    return ""


def broker_problem() -> str:
    """Return what is wrong with the broker, or an empty string."""
    try:
        cache.get(WORKERS_SEEN)
    except (RedisError, OSError):
        return "cannot be reached"
    return ""


def migrations_problem() -> str:
    """Return how many migrations are missing, or an empty string."""
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(missing)} are missing" if missing else ""


def workers_status() -> str:
    """Return "ok", or that no worker has sent a heartbeat."""
    return "ok" if has_workers() else f"no heartbeat for {WORKER_TIMEOUT_SECONDS} seconds"


def record_worker_heartbeat() -> None:
    """Record that a worker receives messages from the broker."""
    cache.set(WORKERS_SEEN, time.time(), timeout=WORKER_TIMEOUT_SECONDS)


def has_workers() -> bool:
    """Return whether a worker has sent a heartbeat recently."""
    return cache.get(WORKERS_SEEN) is not None


def workers(_request: HttpRequest) -> dict[str, Any]:
    """Tell templates whether no worker runs; the cache is read only if a template asks."""

    def are_missing() -> bool:
        try:
            return not has_workers()
        except (RedisError, OSError):
            return True

    return {"workers_are_missing": are_missing}
