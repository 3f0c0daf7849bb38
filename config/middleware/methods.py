"""Lead whoever opens an address that only takes a form to the page of that form."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve


class FormAddressMiddleware:
    """
    Redirect a GET or HEAD that is answered 405 to the nearest page above.

    People get there by loading anew what a form has answered, or by signing in after they sent one. Programs are told.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_read = request.method in ("GET", "HEAD") and not request.path_info.startswith("/api/")
        return redirect(page_above(request.path_info)) if is_read and response.status_code == 405 else response


def page_above(path: str) -> str:
    """Return the nearest address above a path, such as `/projects/a/queue/` of `/projects/a/queue/settings/`."""
    above = path.rstrip("/").rpartition("/")[0] + "/"
    try:
        resolve(above)
    except Resolver404:
        return page_above(above)  # ends at the first page, "/"
    return above
