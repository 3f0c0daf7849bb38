"""Every request timed, counted and told in one line, by the name of its route and never by its path."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from config.logs import request_id
from config.metrics import note_request

logger = logging.getLogger("assize.access")
SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        token = request_id.set(id_of(request))
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = request_id.get()
            tell(request, response.status_code, time.perf_counter() - began)
        finally:
            request_id.reset(token)
        return response


def id_of(request: HttpRequest) -> str:
    """Take the id that a proxy gave, if it is one, or make one."""
    given = request.headers.get("X-Request-ID", "")
    return given if SANE_ID.fullmatch(given) else uuid.uuid4().hex


def tell(request: HttpRequest, status: int, seconds: float) -> None:
    route, method, ms = route_of(request), request.method or "", round(seconds * 1000, 1)
    note_request(route=route, method=method, status=status, seconds=seconds)
    if logger.isEnabledFor(logging.INFO):
        more = {"method": method[:10], "route": route, "status": status, "ms": ms}
        more |= {"user": user_of(request), "project": project_of(request, status)}
        logger.info("%s %s %s in %s ms", method[:10], route, status, ms, extra=more)


def route_of(request: HttpRequest) -> str:
    match = request.resolver_match
    return match.view_name if match else "none"


def user_of(request: HttpRequest) -> int | None:
    """Return the number of whoever was found to have asked; nobody is looked up for the sake of a line."""
    user = request.__dict__.get("user")
    known = getattr(request, "_cached_user", None) if type(user).__name__ == "SimpleLazyObject" else user
    return known.pk if known is not None else None


def project_of(request: HttpRequest, status: int) -> str | None:
    match = request.resolver_match
    # What was not found is whatever somebody typed.
    return match.kwargs.get("slug") if match and status != 404 else None
