"""Refuse requests that did not come through our proxies."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

MESSAGE = (
    "This request did not come through the proxies of this server, so its sender is not known (TRUSTED_PROXY_COUNT)."
)


class ProxyMiddleware:
    """
    Refuse a request whose X-Forwarded-For has fewer addresses than we have proxies, each of which adds one.

    Limits that go by address would otherwise count it as the proxy's, or not at all.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        forwarded = [each for each in request.headers.get("X-Forwarded-For", "").split(",") if each.strip()]
        if len(forwarded) >= settings.TRUSTED_PROXY_COUNT:
            return self.get_response(request)
        if request.path_info.startswith("/api/"):
            return JsonResponse({"error": {"code": "permission_denied", "message": MESSAGE}}, status=403)
        return HttpResponse(MESSAGE, status=403, content_type="text/plain; charset=utf-8")
