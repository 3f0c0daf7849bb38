"""Ask people to acknowledge the kind of content before the first page, and show times in their zone."""

from collections.abc import Callable
from typing import cast
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from annotation import queries
from annotation.actions.consent import VERSION, has_acknowledged
from annotation.days import zone_or_utc

# Programs have a token, whose owner an admin knows, and get all times in UTC.
NO_PAGES = ("/api/", "/static/")
# Signing in and out comes before consent.
OPEN = ("/sign-", "/account/", "/invitation/", "/consent/")


class ConsentMiddleware:
    """Redirect signed-in people to the consent page until they have acknowledged its current version."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(NO_PAGES) or not request.user.is_authenticated:
            return self.get_response(request)
        if not request.path.startswith(OPEN) and not is_acknowledged(request):
            return send_to_consent(request)
        with timezone.override(zone_or_utc(queries.person_of(request.user).time_zone)):
            return self.get_response(request)


def send_to_consent(request: HttpRequest) -> HttpResponse:
    """Redirect to the consent page and back to the page, also where a part of an open page was asked for."""
    htmx = getattr(request, "htmx", None)
    page = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
    address = f"{reverse('consent')}?{urlencode({'next': htmx.current_url_abs_path or '/' if htmx else page})}"
    return HttpResponseClientRedirect(address) if htmx else redirect(address)


def is_acknowledged(request: HttpRequest) -> bool:
    """Return whether the person has acknowledged the current version; remember it in their session."""
    if request.session.get("acknowledged") == VERSION:
        return True
    if not has_acknowledged(cast("User", request.user)):
        return False
    request.session["acknowledged"] = VERSION
    return True
