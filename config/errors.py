"""Show refusals and errors to people and programs, each in one place."""

import logging
import sys
from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views import defaults
from django_htmx.http import reswap, retarget
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from config.error_pages import error_context
from config.outages import Outage, describe_outage, outage_of, outage_response
from corpus.errors import Invalid, Refused

logger = logging.getLogger("assize.outages")


class RefusalMiddleware:
    """Show an action's refusal as a page, or with htmx as a notice on the page that is open."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        """
        Reject paths with a NUL, which PostgreSQL cannot compare with.

        :raises Http404: if the path has one
        """
        if "\0" in request.path_info:
            if request.path_info.startswith("/api/"):
                return JsonResponse({"error": {"code": "not_found", "message": "No name has a NUL."}}, status=404)
            raise Http404
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """
        Return the page or the notice of a refusal or an outage; leave other exceptions to Django.

        :raises BadRequest: if a text has a NUL
        """
        if outage := outage_of(exception):
            log_outage(request, exception)
            return outage_response(request, outage)
        if has_nul(exception):
            raise BadRequest("A text has a NUL character.") from exception
        if not isinstance(exception, Refused):
            return None
        if not getattr(request, "htmx", False):
            return render(request, "errors/refused.html", {"reason": exception, **error_context(request)}, status=409)
        notice = render(request, "components/notice.html", {"reason": exception}, status=409)
        return reswap(retarget(notice, "#notice"), "innerHTML")


def server_error(request: HttpRequest) -> HttpResponse:
    """
    Return the response to an exception that no view caught, such as one of the session's middleware.

    This is Django's `handler500`, which it calls while it handles the exception.
    """
    outage = outage_of(sys.exception())
    return outage_response(request, outage) if outage else defaults.server_error(request)


def log_outage(request: HttpRequest, exception: Exception) -> None:
    """Log an outage in one line, without a traceback: its cause is not in our code."""
    route = request.resolver_match.view_name if request.resolver_match else "no route"
    logger.warning("%s was not answered: %s", route, describe_outage(exception))


def has_nul(exception: Exception) -> bool:
    """Return whether a text of the request has a NUL, which psycopg refuses before it asks the database."""
    return isinstance(exception, DataError) and "NUL (0x00)" in str(exception)


def api_error(exception: Exception, context: dict[str, Any]) -> Response | None:
    """Return every error of a REST route as `{"error": {"code", "message", "fields"?}}`."""
    if outage := outage_of(exception):
        set_rollback()
        log_outage(context["request"], exception)
        return unavailable(outage)
    if isinstance(exception, Refused):
        status, code = getattr(exception, "status", 409), getattr(exception, "code", "refused")
        return error_response(status, code, str(exception))
    if isinstance(exception, Invalid):
        return error_response(400, "invalid", str(exception), {exception.field: [exception.reason]})
    if has_nul(exception):
        return error_response(400, "invalid", "A text has a NUL character.")
    if isinstance(exception, SuspiciousOperation):  # such as thousands of parameters
        return error_response(400, "invalid", "The request is malformed, or has too many parameters.")
    response = exception_handler(exception, context)  # it rolls back, and sets headers such as Retry-After
    if response is None:
        return None
    if isinstance(exception, ValidationError):
        fields = response.data if isinstance(response.data, dict) else {"body": response.data}
        first = next(iter(fields.items()))
        message = f"{first[0]}: {first_message(first[1])}"
        response.data = {"error": {"code": "invalid", "message": message, "fields": fields}}
        return response
    code = {Http404: "not_found", PermissionDenied: "permission_denied"}.get(type(exception))
    if isinstance(exception, APIException):
        code = str(exception.get_codes()) if isinstance(exception.detail, str) else exception.default_code
    message = str(exception) or str(response.data.get("detail", ""))
    response.data = {"error": {"code": code or "error", "message": message}}
    return response


def unavailable(outage: Outage) -> Response:
    """Return the REST response to an outage."""
    response = error_response(503, outage.code, outage.message)
    response["Retry-After"], response["Cache-Control"] = str(outage.retry_after), "no-store"
    return response


def error_response(status: int, code: str, message: str, fields: dict[str, Any] | None = None) -> Response:
    """Return one error as a response; `fields` maps field names to messages."""
    error: dict[str, Any] = {"code": code, "message": message}
    return Response({"error": error | ({"fields": fields} if fields else {})}, status=status)


def first_message(value: Any) -> str:
    """Return the first message in nested lists and dicts of messages."""
    while isinstance(value, list | dict):
        value = next(iter(value.values() if isinstance(value, dict) else value), "")
    return str(value)
