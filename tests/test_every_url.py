"""Every page and every route by everybody: none breaks, and none leads from one project into another."""

import re
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

from tests.annotation.people import BACKEND, Visitor
from tests.two_projects import MARKER, ROLES, TwoProjects, rows_of

pytestmark = pytest.mark.slow
PART = re.compile(r"<(?:\w+:)?(\w+)>")
SHARED = {"version", "name", "before", "after"}
"Parts that mean something in every project; all others belong to one alone."
ELSEWHERE = {"pk": 1, "grant": 1, "uidb64": "x", "token": "x"}


def places(patterns, before="/"):
    """Return the path of every URL, its parts in braces."""
    for each in patterns:
        path = before + str(each.pattern)
        if isinstance(each, URLPattern):
            yield PART.sub(r"{\1}", path)
        else:
            yield from places(each.url_patterns, path)


PLACES = sorted(set(places(get_resolver().url_patterns)))
OF_PROJECTS = [place for place in PLACES if "{slug}" in place]
OF_PARTS = [place for place in PLACES if set(re.findall(r"{(\w+)}", place)) - SHARED - {"slug", *ELSEWHERE}]


class Caller:
    def __init__(self, project, role):
        self.visitor = None if role == "anonymous" else Visitor(project, role)

    def calls(self, place, pool):
        """Read a place, and send it an empty form; as a page and as a program would."""
        path = place.format(**{name: quote(str(value), safe="") for name, value in (ELSEWHERE | pool).items()})
        for form in ("application/x-www-form-urlencoded", "application/json"):
            client = self.client()
            yield whole(client.get(path))
            yield whole(client.post(path, "{}" if "json" in form else "", content_type=form))

    def client(self):
        client = Client(raise_request_exception=False)
        if self.visitor:
            client.force_login(self.visitor.user, backend=BACKEND)
        return client


def whole(answer):
    """Read an answer to its end, so that what it stands on is let go."""
    if answer.streaming:
        answer.said = b"".join(answer.streaming_content).decode(errors="replace")
        answer.close()
    else:
        answer.said = answer.content.decode(errors="replace")
    return answer


@pytest.fixture(scope="module")
def world(tmp_path_factory, database, stub_url):
    return TwoProjects(tmp_path_factory.mktemp("world"), stub_url)


def test_the_walk_misses_nothing():
    assert len(PLACES) > 130
    assert {"/api/v1/projects/{slug}/export/", "/projects/{slug}/people/{user}/"} <= set(OF_PROJECTS)
    assert "/api/v1/cases/{case}/settle/" in OF_PARTS


@pytest.mark.parametrize("role", ROLES)
def test_no_place_breaks(world, role):
    caller = Caller(world.own, role)
    for place in PLACES:
        for answer in caller.calls(place, world.pools[0]):
            assert answer.status_code < 500, (place, answer.wsgi_request.method)


@pytest.mark.parametrize("role", [role for role in ROLES if role != "admin"])
def test_no_place_of_another_project_is_there(world, role):
    caller, before = Caller(world.own, role), rows_of(world.other)
    for place in OF_PROJECTS:
        for answer in caller.calls(place, world.pools[1]):
            assert is_away(answer, role), (place, answer.status_code)
    assert rows_of(world.other) == before


@pytest.mark.parametrize("role", [role for role in ROLES if role != "anonymous"])
def test_what_is_another_projects_is_not_found_by_way_of_ones_own(world, role):
    """An admin of one project is admin of all, and yet finds things only in the project they are in."""
    caller, before = Caller(world.own, role), rows_of(world.other)
    for place in OF_PARTS if role != "admin" else [place for place in OF_PARTS if "{slug}" in place]:
        for answer in caller.calls(place, world.pools[1] | {"slug": world.own.slug}):
            assert answer.status_code in (400, 403, 404, 405, 409, 415), (place, answer.status_code)
            assert MARKER not in answer.said, place
    assert rows_of(world.other) == before


def is_away(answer, role):
    if answer.status_code == 405:  # whatever project it is in
        return True
    if role == "anonymous":
        return answer.status_code == 401 or (answer.status_code == 302 and "/sign-in/" in answer["Location"])
    return answer.status_code == 404
