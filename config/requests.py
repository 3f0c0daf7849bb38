"""Every request timed and counted by the name of its route, never by its path, which anybody may make up."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from config.metrics import note_request


class RequestMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - began
        note_request(route=route_of(request), method=request.method or "", status=response.status_code, seconds=seconds)
        return response


def route_of(request: HttpRequest) -> str:
    match = request.resolver_match
    return match.view_name if match else "none"
