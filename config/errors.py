"""Refusals, shown once: what an action will not do reaches the person in its own words."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_htmx.http import reswap, retarget

from corpus.errors import Refused


class RefusalMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refused):
            return None
        if not getattr(request, "htmx", False):
            return render(request, "errors/refused.html", {"reason": exception}, status=409)
        notice = render(request, "components/notice.html", {"reason": exception}, status=409)
        return reswap(retarget(notice, "#notice"), "innerHTML")
