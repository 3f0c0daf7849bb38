"""Keep what people and programs are shown out of every cache."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers


class PrivateMiddleware:
    """Let no cache store a response, unless its view says otherwise; static files are served before this."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # With no-store, Back after signing out asks the server again instead of showing the page as it was.
        response.headers.setdefault("Cache-Control", "private, no-store")
        patch_vary_headers(response, ("Authorization", "Cookie") if request.path.startswith("/api/") else ("Cookie",))
        return response
