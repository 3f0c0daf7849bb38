"""Tell browsers what the pages may load."""

from collections.abc import Callable

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse


class ContentPolicyMiddleware:
    """
    Set the header of django-csp, built once.

    That library's middleware builds it twice for each response, for nonces and reports that we do not have, which took
    a fortieth of a vote's time.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.policy = build_policy()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not (settings.DEBUG and response.status_code in (404, 500)):  # Django's pages about errors have styles
            response.headers.setdefault(HEADER, self.policy)
        return response
