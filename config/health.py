"""Health endpoints for load balancers and people on call: /healthz and /readyz."""

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from redis.exceptions import RedisError

from config import heartbeats
from config.outages import UNAVAILABLE
from corpus.replica import NoReplica, has_replica, lag, told_to_people

MIGRATIONS_SECONDS = 10
"How long the answer about migrations is kept: finding it reads folders and imports modules."


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
    report |= {"workers": "unknown", "schedule": "unknown"} if checks["broker"] else signs_of_life()
    if has_replica():
        report["replica"] = "unknown" if checks["database"] else replica_state()
    is_ready = not any(checks.values())
    response = JsonResponse({"status": "ok" if is_ready else "unavailable", **report}, status=200 if is_ready else 503)
    response["Cache-Control"] = "no-store"
    if not is_ready:
        response["Retry-After"] = str(UNAVAILABLE.retry_after)
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


def replica_state() -> str:
    """Return "ok", or how far the replica is behind, or that it cannot be read; it is not required."""
    try:
        seconds = lag()
    except NoReplica:
        return "cannot be read"
    return f"{seconds:.1f} seconds behind" if seconds else "ok"


def broker_problem() -> str:
    """Return what is wrong with the broker, or an empty string."""
    try:
        cache.get("readyz")
    except (RedisError, OSError):
        return "cannot be reached"
    return ""


def migrations_problem() -> str:
    """Return how many migrations are missing, or an empty string; the answer is kept for MIGRATIONS_SECONDS."""
    return missing_migrations(int(time.monotonic() // MIGRATIONS_SECONDS))


@lru_cache(maxsize=1)
def missing_migrations(_period: int) -> str:
    """Return how many migrations are missing in the period of time with this number, or an empty string."""
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(missing)} are missing" if missing else ""


def signs_of_life() -> dict[str, str]:
    """Return "ok" or what is missing, for `workers` and for `schedule`."""
    seen = heartbeats.seen()
    queues = [part for part in heartbeats.PARTS if part not in seen and part != heartbeats.SCHEDULE]
    silent = f"no heartbeat for {heartbeats.TIMEOUT_SECONDS} seconds"
    return {
        "workers": f"{silent}: {', '.join(queues)}" if queues else "ok",
        "schedule": "ok" if heartbeats.SCHEDULE in seen else silent,
    }


def replica(_request: HttpRequest) -> dict[str, Any]:
    """Tell templates how far the replica is behind, in a sentence; it is asked only if a template asks."""
    return {"replica_lag": told_to_people}


def workers(_request: HttpRequest) -> dict[str, Any]:
    """Tell templates what does not run, as sentences; the cache is read only if a template asks."""

    def what_is_missing() -> list[str]:
        try:
            return heartbeats.missing()
        except (RedisError, OSError):
            return list(heartbeats.PARTS.values())

    return {"missing_processes": what_is_missing}
