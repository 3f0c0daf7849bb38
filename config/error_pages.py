"""Pages that say what is not here, not allowed or not done: inside a project they keep its navigation."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from corpus.access import Access, access_to
from workspace.navigation import GROUPS

PROJECT_PATH = re.compile(r"/projects/([-\w]+)/", re.ASCII)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django passes it
    """Return the page that says that there is no such page. This is Django's `handler404`."""
    return render(request, "404.html", error_context(request), status=404)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django passes it
    """Return the page that says that the person may not do this. This is Django's `handler403`."""
    return render(request, "403.html", error_context(request), status=403)


def error_context(request: HttpRequest) -> dict[str, Any]:
    """Return what a page of an error needs: the person's access to the project of the path, and a link back."""
    access = access_by_path(request)
    return {"access": access, "page": "", "back": back_link(request, access)}


def access_by_path(request: HttpRequest) -> Access | None:
    """
    Return a member's access to the project whose pages the path belongs to; None for anybody else.

    So a stranger gets the same page whether or not there is such a project.
    """
    found, user = PROJECT_PATH.match(request.path_info), getattr(request, "user", None)
    if found is None or user is None:
        return None
    try:
        return access_to(found[1], user)
    except (Http404, DatabaseError):  # the page says what was wrong before; without a database it stands alone
        return None


def back_link(request: HttpRequest, access: Access | None) -> dict[str, str]:
    """Return the `url` and `name` of the page a member came from, of the project's overview, or of all projects."""
    if access is None:
        return {"url": reverse("home"), "name": "your projects"}
    names = {reverse(each.view, args=[access.project.slug]): each.name for _, group in GROUPS for each in group}
    came_from = own_referer(request)
    url = came_from or reverse("workspace:overview", args=[access.project.slug])
    return {"url": url, "name": names.get(url.partition("?")[0], "the page before")}


def own_referer(request: HttpRequest) -> str:
    """Return the path and query of the page of this site that led here; empty if there is none, or it is this page."""
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, {request.get_host()}, request.is_secure()):
        return ""
    parts = urlsplit(referer)
    # A path that begins with two slashes would name another host once ours is taken away.
    if not parts.path or parts.path.startswith("//") or (request.method == "GET" and parts.path == request.path):
        return ""
    return parts._replace(scheme="", netloc="", fragment="").geturl()
