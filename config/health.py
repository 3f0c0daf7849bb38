"""Whether this process is alive, and whether what it stands on is: for balancers and for people on call."""

import time
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from redis.exceptions import RedisError

WORKERS_SEEN = "workers:seen"
SECONDS_OF_SILENCE = 90
"After which workers count as gone; the schedule has one give a sign of life every half minute."


class HealthMiddleware:
    """Answers before anything that a balancer's request may lack: a host of ours, a session, TLS."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == "/healthz":
            return JsonResponse({"status": "ok"})
        if request.path_info == "/readyz":
            return readiness()
        return self.get_response(request)


def readiness() -> JsonResponse:
    """Answer 200 when database, broker and migrations are in order, else 503; workers are told of, not required."""
    checks = {"database": database_problem(), "broker": broker_problem()}
    checks["migrations"] = "unknown" if checks["database"] else migrations_problem()
    told: dict[str, Any] = {name: problem or "ok" for name, problem in checks.items()}
    told["workers"] = "unknown" if checks["broker"] else workers_told()
    is_ready = not any(checks.values())
    answer = JsonResponse({"status": "ok" if is_ready else "unavailable", **told}, status=200 if is_ready else 503)
    answer["Cache-Control"] = "no-store"
    return answer


# What a server says of its troubles may name hosts and accounts, so it is not passed on.
def database_problem() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        connection.close()
        return "cannot be reached"
    return ""


def broker_problem() -> str:
    try:
        cache.get(WORKERS_SEEN)
    except (RedisError, OSError):
        return "cannot be reached"
    return ""


def migrations_problem() -> str:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(missing)} are missing" if missing else ""


def workers_told() -> str:
    return "ok" if has_workers() else f"none has given a sign of life for {SECONDS_OF_SILENCE} seconds"


def note_worker() -> None:
    """Let it be known that a worker takes messages from the broker."""
    cache.set(WORKERS_SEEN, time.time(), timeout=SECONDS_OF_SILENCE)


def has_workers() -> bool:
    return cache.get(WORKERS_SEEN) is not None


def workers(_request: HttpRequest) -> dict[str, Any]:
    """Let pages say that no worker runs; asked only where a page looks."""

    def are_missing() -> bool:
        try:
            return not has_workers()
        except (RedisError, OSError):
            return True

    return {"workers_are_missing": are_missing}
