"""Which exceptions mean that a server is away or took too long, and what people and programs are told."""

from dataclasses import dataclass

import kombu.exceptions
import psycopg
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import loader
from django_htmx.http import reswap, retarget
from redis import exceptions as redis

from corpus.errors import ServerAway

SERVER_ERRORS = (
    # Of PostgreSQL all operational errors pass: away, starting, full, deadlock, or a statement that took too long.
    OperationalError,
    InterfaceError,
    psycopg.OperationalError,
    kombu.exceptions.OperationalError,
    redis.ConnectionError,
    redis.TimeoutError,
    # Of Redis all replies that refuse a command pass, too: full, a replica after a failover, or its disk is full.
    redis.ResponseError,
    ServerAway,
)


@dataclass(frozen=True)
class Outage:
    """Why a request was not answered, and after how many seconds it may be repeated."""

    code: str
    message: str
    retry_after: int


UNAVAILABLE = Outage(
    "unavailable",
    "The database or the message broker cannot be reached or refuses changes just now. Nothing was stored half-way. "
    "Try again in a few seconds.",
    5,
)
TOOK_TOO_LONG = Outage(
    "took_too_long",
    "This took too long and was stopped, so that others need not wait for it. Nothing was stored half-way. "
    "Ask for less at a time, such as a narrower search, or try again later.",
    30,
)


def outage_of(error: BaseException | None) -> Outage | None:
    """Return the outage that an exception means, or None if it means a fault of ours."""
    if not isinstance(error, SERVER_ERRORS):
        return None
    is_cancelled = isinstance(error.__cause__ or error, psycopg.errors.QueryCanceled)
    return TOOK_TOO_LONG if is_cancelled else UNAVAILABLE


def describe_outage(error: BaseException) -> str:
    """Return the kind of an outage and the first line of its text, which names the server."""
    return f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0]}"


def outage_response(request: HttpRequest, outage: Outage) -> HttpResponse:
    """Return status 503 with Retry-After: JSON for a REST route, a notice for htmx, else a page."""
    # No context processor may run: they read the session and the user, which are on the servers that are away.
    if request.path_info.startswith("/api/"):
        error = {"code": outage.code, "message": outage.message}
        response: HttpResponse = JsonResponse({"error": error}, status=503)
    elif getattr(request, "htmx", False):
        notice = render(None, "components/notice.html", {"reason": outage.message}, status=503)
        response = reswap(retarget(notice, "#notice"), "innerHTML")
    else:
        text = loader.render_to_string("errors/unavailable.html", {"reason": outage.message})
        response = HttpResponse(text, status=503)
    response["Retry-After"] = str(outage.retry_after)
    response["Cache-Control"] = "no-store"
    return response
