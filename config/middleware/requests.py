"""Time, count and log each request, by the name of its route and never by its path."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from config.logs import request_id
from config.metrics import count_request

logger = logging.getLogger("assize.access")
WELL_FORMED_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestMiddleware:
    """Give each request an id, and log and measure it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        token = request_id.set(id_for(request))
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = request_id.get()
            log_request(request, response.status_code, time.perf_counter() - began)
        finally:
            request_id.reset(token)
        return response


def id_for(request: HttpRequest) -> str:
    """Return the id that a proxy sent if it is well-formed, else a new one."""
    sent = request.headers.get("X-Request-ID", "")
    return sent if WELL_FORMED_ID.fullmatch(sent) else uuid.uuid4().hex


def log_request(request: HttpRequest, status: int, seconds: float) -> None:
    """Count a request in the metrics, and write its line to the access log."""
    route, method, ms = route_of(request), request.method or "", round(seconds * 1000, 1)
    count_request(route=route, method=method, status=status, seconds=seconds)
    if logger.isEnabledFor(logging.INFO):
        fields = {"method": method[:10], "route": route, "status": status, "ms": ms}
        fields |= {"user": user_of(request), "project": project_of(request, status)}
        logger.info("%s %s %s in %s ms", method[:10], route, status, ms, extra=fields)


def route_of(request: HttpRequest) -> str:
    """Return the name of the route, or "none" if the path has none."""
    match = request.resolver_match
    return match.view_name if match else "none"


def user_of(request: HttpRequest) -> int | None:
    """Return the primary key of the signed-in user, or None; never query the database for a log line."""
    user = request.__dict__.get("user")
    known = getattr(request, "_cached_user", None) if type(user).__name__ == "SimpleLazyObject" else user
    return known.pk if known is not None else None


def project_of(request: HttpRequest, status: int) -> str | None:
    """Return the slug of the project in the path, or None."""
    match = request.resolver_match
    # Any text may stand for the slug in the path of a page that was not found, or that sends a stranger to sign in.
    return match.kwargs.get("slug") if match and status != 404 and user_of(request) is not None else None
