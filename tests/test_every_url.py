"""Every URL in every role: no call fails, and none reaches from one project into another."""

import re
from itertools import product
from urllib.parse import unquote

import pytest
from django.db.models import Case, When
from django.urls import Resolver404, resolve

from annotation.actions import change_sample
from annotation.models import SampleDraw
from annotation.session import ensure_profile
from bench.urls import all_urls
from corpus.actions import restore_project
from tests import hostile_values
from tests.callers import OTHERS, WRITE_WHEN_READ, Caller, path_of, read
from tests.factories import command, make_project
from tests.more_rows import add_rows
from tests.observed import without_varying
from tests.two_projects import MARKER, ROLES, TwoProjects, row_hashes
from workspace.actions import archive_project

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_worker")]
SHARED = {"version", "name", "benchmark", "hash_list", "before", "after", "consumer"}
"Parameters whose values exist in both projects; the value of any other belongs to one project."
ALSO_ARCHIVED = ("/about-me/", "/people/", "/wellbeing/", "/clone/")
"What is posted to these changes nothing in the project but who may read it."
URLS = all_urls()
PROJECT_URLS = [url for url in URLS if "{slug}" in url]
READ_ONCE = [url for url in URLS if not url.startswith(("/account/", "/sign-"))]
CURSOR_URLS = [f"/api/v1/projects/{{slug}}/{name}/" for name in ("items", "cases", "my-votes", "jury-runs", "jobs")]
WAITING = ("/measure/", "/jury-runs/", "/jury/runs/", "}/generate/", "/anonymise/")
# Whoever posts to these waits for a worker, or changes who may do what.
WRITE_URLS = [url for url in READ_ONCE if not url.endswith(WAITING)]
WRITE_URLS.sort(key=lambda url: url.endswith(("/archive/", "/restore/")))  # an archived project takes nothing else
OBJECT_URLS = [url for url in URLS if set(re.findall(r"{(\w+)}", url)) - SHARED - {"slug", *OTHERS}]


@pytest.fixture(scope="module")
def projects(tmp_path_factory, database, stub_url):
    return TwoProjects(tmp_path_factory.mktemp("projects"), stub_url)


def test_urls_are_complete():
    assert len(URLS) > 130
    assert {"/api/v1/projects/{slug}/export/", "/projects/{slug}/people/{user}/"} <= set(PROJECT_URLS)
    assert "/api/v1/cases/{case}/settle/" in OBJECT_URLS


def methods_of(role):
    """
    Return the methods with which a role reads.

    HEAD is GET without its content, and OPTIONS tells the methods, so what a role is adds nothing to them: those who
    may least and most try them.
    """
    return ("get", "head", "options") if role in ("anonymous", "admin", "site-admin") else ("get",)


@pytest.mark.parametrize("role", [role for role in ROLES if role != "admin"])  # a site admin sees all that one sees
def test_no_url_fails_and_looking_changes_nothing(projects, role):
    """
    Looking is asked of a database that refuses changes, at a first visit: nothing was sent by then.

    Leads look by HEAD alone, which runs the same views: site admins read what those show.
    """
    caller, methods = Caller(projects.own, role), methods_of(role)
    looking = ("head",) if role == "lead" else methods[:2]
    for url in URLS:
        looks = {each: caller.look(url, projects.own_parameters, each) for each in looking}
        for method, looked in looks.items():
            assert looked.status_code != 405 or url.startswith("/api/"), url
            assert looked.status_code in (looks[looking[0]].status_code, 429), url
            assert method == "get" or looked.body_text == "", url
        assert_answered(looks.values(), url)
    # What site admins send to most URLs of a project, an admin sends below with each hostile body.
    sent_below = {*WRITE_URLS} & {*PROJECT_URLS} if role == "site-admin" else ()
    for url in (url for url in URLS if url not in sent_below):
        assert_answered(caller.responses(url, projects.own_parameters, methods[2:]), url)


def assert_answered(responses, url):
    """Assert that none of the responses is an error of ours or open to a shared cache."""
    for response in responses:
        assert response.status_code < 500, (url, response.wsgi_request.method)
        assert is_private(response, url), (url, dict(response.headers))


@pytest.mark.parametrize("role", ["annotator", "site-admin"])
def test_looking_changes_nothing_where_nothing_is_yet(projects, role):
    caller = Caller(make_project(), role)
    parameters = projects.own_parameters | {"slug": caller.visitor.project.slug}
    for url in set(PROJECT_URLS) - set(OBJECT_URLS):
        assert caller.look(url, parameters, "head").status_code < 500, url


def test_no_page_refuses_to_be_opened(projects):
    """What only takes a form leads to the page of that form, even for those who have to sign in first."""
    caller, anonymous = Caller(projects.own, "admin"), Caller(projects.own, "anonymous")
    forms = [url for url in URLS if not url.startswith("/api/") and is_form_only(caller, url, projects)]
    assert {"/projects/{slug}/label/vote/", "/projects/{slug}/cases/{case}/settle/"} <= set(forms)
    led_to = {}
    for url in forms:
        path = path_of(url, projects.own_parameters)
        for each in (anonymous, caller):
            response = each.client(url, "get").get(path)
            assert is_led_up(response), url
        led_to.setdefault(response["Location"], url)  # each page once: many forms lead to the same
    for location, url in led_to.items():
        page = read(caller.client(url, "get").get(location, follow=True))
        # No audit was drawn here, so that its own page does not exist either.
        assert page.status_code == (404 if "/audits/" in url else 200), (url, page.redirect_chain)


def is_form_only(caller, url, projects):
    """Return whether a URL takes nothing but POST."""
    return caller.client(url, "options").options(path_of(url, projects.own_parameters)).headers.get("Allow") == "POST"


def is_led_up(response):
    """Return whether a response redirects to an address above its own, which depends on the URL alone."""
    path, where = response.wsgi_request.path, response.headers.get("Location", "-")
    return (
        response.status_code == 302
        and where.endswith("/")
        and unquote(path).startswith(unquote(where))
        and where != path
    )


@pytest.mark.parametrize("role", ["annotator", "adjudicator", "site-admin"])
def test_no_url_shows_which_items_are_in_the_blind_sample(projects, role):
    """Every response is the same while exactly the other items are in it. Leads open what site admins do."""
    caller = Caller(projects.own, role)
    change_sample(project=projects.own, by=None, percent=50)
    draws = SampleDraw.objects.filter(project=projects.own).order_by("item")
    items = list(draws.values_list("item", flat=True))
    draws.filter(item__in=items[len(items) // 2 * 2 :]).delete()  # with an even number, as many are in it either way
    half = items[::2]
    for url in WRITE_WHEN_READ:  # they leave traces once, which pages then show
        look_at(caller, url, projects.own_parameters)
    seen = []
    for is_turned in (False, True):
        draws.update(in_sample=Case(When(item__in=half, then=not is_turned), default=is_turned))
        seen.append({url: look_at(caller, url, projects.own_parameters) for url in PROJECT_URLS})
    [before, after] = seen
    assert [url for url in PROJECT_URLS if before[url] != after[url]] == []


def look_at(caller, url, parameters):
    """Return status and text of the response to a GET, without what varies from call to call."""
    response = read(caller.client(url, "get").get(path_of(url, parameters)))
    return response.status_code, without_varying(response.body_text)


@pytest.mark.parametrize("role", [role for role in ROLES if role != "site-admin"])
def test_urls_of_another_project_do_not_exist(projects, role):
    caller, before = Caller(projects.own, role), row_hashes(projects.other)
    for url in PROJECT_URLS:
        for response in caller.responses(url, projects.other_parameters, methods_of(role)):
            assert hides_project(response, role), (url, response.status_code)
    assert row_hashes(projects.other) == before


@pytest.mark.parametrize("role", [role for role in ROLES if role != "anonymous"])
def test_objects_of_another_project_are_not_found_in_the_own_one(projects, role):
    """A site admin is an admin of all projects, and still finds objects only below the URL of their project."""
    caller, before = Caller(projects.own, role), row_hashes(projects.other)
    parameters = projects.other_parameters | {"slug": projects.own.slug}
    for url in OBJECT_URLS if role != "site-admin" else [url for url in OBJECT_URLS if "{slug}" in url]:
        for response in caller.responses(url, parameters, methods_of(role)):
            # OPTIONS describes a route of the own project, whatever the object.
            described = response.wsgi_request.method == "OPTIONS" and "{slug}" in url and response.status_code == 200
            assert described or is_led_up(response) or response.status_code in (400, 403, 404, 405, 409, 415), (
                url,
                response.status_code,
            )
            assert MARKER not in response.body_text, url
    assert row_hashes(projects.other) == before


def test_nothing_changes_in_an_archived_project(projects):
    """An admin reads every page and route of it, and whatever else they send there is refused."""
    caller = Caller(projects.own, "admin")
    urls = [url for url in PROJECT_URLS + OBJECT_URLS if not url.endswith("/restore/")]
    archive_project(project=projects.own, reason="it is done")
    try:
        before = row_hashes(projects.own)
        for url in sorted(set(urls)):
            got, *sent = caller.responses(url, projects.own_parameters, methods=("get",))
            assert got.status_code != 409 or "comments_closed" in got.body_text, url
            if not any(part in url for part in ALSO_ARCHIVED):
                assert {response.status_code for response in sent} <= {404, 405, 409}, url
        changed = {table for table, rows in row_hashes(projects.own).items() if rows != before[table]}
        assert changed <= {"corpus_event"}  # who has read
    finally:
        restore_project(project=projects.own)


def test_pages_of_an_archived_project_have_no_form_that_would_be_refused(projects):
    command("archive_project", projects.own.slug, reason="it is done")
    try:
        caller, left = Caller(projects.own, "admin"), {}
        for url in PROJECT_URLS:
            response = None if url.startswith("/api/") else caller.look(url, projects.own_parameters)
            if response is not None and response.headers.get("Content-Type", "").startswith("text/html"):
                main = response.content.decode().partition('<main id="main"')[2]
                forms = re.findall(r'<form[^>]*method="post"[^>]*>', main)
                allowed = (*ALSO_ARCHIVED, "/restore/", "/use/")  # the last has its table, and no button
                left[url] = [form for form in forms if not any(part in url + form for part in allowed)]
        assert [f"{url}: {form}" for url, forms in left.items() for form in forms] == []
        assert len(left) > 50
    finally:
        command("restore_project", projects.own.slug)


def test_hostile_queries_are_answered_in_the_form_of_their_url(projects):
    caller, failed = Caller(projects.own, "admin"), []

    def ask(url, query):
        """Return whether the query was read: what was not cannot make a difference, so no other needs to be asked."""
        response = read(caller.client(url).get(path_of(url, projects.own_parameters) + "?" + query))
        if not is_well_formed(response, url):
            failed.append((url, query[:200], response.status_code))
        return "GET" in vars(response.wsgi_request)

    for number, url in enumerate(url for url in READ_ONCE if "{slug}" in url):
        all(ask(url, query) for query in hostile_values.queries(number))
    asked = [(url, query) for url in CURSOR_URLS for query in hostile_values.cursors()]
    assert all(ask(url, query) for url, query in (*asked, *hostile_values.single_parameters()))
    assert failed == []


def test_hostile_paths_are_answered_in_the_form_of_their_url(projects):
    """A path that leads to no page or route of its own is asked for once of each kind."""
    caller, failed, led_away = Caller(projects.own, "admin"), [], set()
    for url in URLS:
        own = view_at(path_of(url, projects.own_parameters))
        for name, value in product(set(re.findall(r"{(\w+)}", url)), hostile_values.PATH_VALUES):
            path = path_of(url, projects.own_parameters | {name: value})
            kind = (view := view_at(path), value, url[:5], url[-1] == "/")
            if view is not own and kind in led_away:
                continue
            led_away.add(kind)
            for method in ("get", "post"):
                response = read(getattr(caller.client(url), method)(path))
                if not is_well_formed(response, url):
                    failed.append((url, path[:200], method, response.status_code))
    assert failed == []
    assert len(led_away) > 50


def view_at(path):
    """Return the view that a path leads to, or None."""
    try:
        return resolve(unquote(path)).func
    except Resolver404:
        return None


def test_hostile_bodies_are_answered_in_the_form_of_their_url(projects):
    """Where a body was not read, no other can make a difference."""
    caller, failed, taken, unread = Caller(projects.own, "admin"), [], set(), []
    for number, url in enumerate(WRITE_URLS):
        path, client = path_of(url, projects.own_parameters), caller.client(url)
        is_route = url.startswith("/api/")
        others = hostile_values.other_types(url, number)
        for method in ("POST", "PATCH") if is_route else ("POST",):
            for kind, body in (*others, *(hostile_values.bodies() if is_route else hostile_values.forms())):
                response = read(client.generic(method, path, body, kind))
                if not is_well_formed(response, url):
                    failed.append((url, method, kind, body[:100], response.status_code))
                if response.status_code == 405:
                    break
                taken.add((is_route, kind))
                if (kind, body) not in others and not response.request["wsgi.input"].read_started:
                    unread.append((url, method, response.status_code))
                    break
    assert failed == []
    assert {kind for is_route, kind in taken if is_route} >= set(hostile_values.CONTENT_TYPES)
    assert {kind for is_route, kind in taken if not is_route} >= set(hostile_values.CONTENT_TYPES[1:4])
    # An archived project reads none, so an end of it that comes first would go unseen.
    assert len(unread) < 100, unread


def test_hostile_json_is_answered_in_json(projects):
    caller = Caller(projects.own, "admin")
    path = path_of("/api/v1/projects/{slug}/cases/next/", projects.own_parameters)
    for body in hostile_values.BODIES:
        response = read(caller.signed_in.generic("POST", path, body, "application/json"))
        assert (response.status_code, response["Content-Type"]) == (400, "application/json"), (body[:100], response)
        assert response.json()["error"]["code"] in ("invalid", "parse_error")


def test_thousands_of_parameters_are_refused(projects):
    caller, query = Caller(projects.own, "admin"), "&".join(f"a{at}=1" for at in range(10_000))
    for url, kind in (("/api/v1/projects/{slug}/items/", "application/json"), ("/projects/{slug}/items/", "text/html")):
        response = read(caller.client(url).get(path_of(url, projects.own_parameters) + "?" + query))
        assert (response.status_code, response["Content-Type"].split(";")[0]) == (400, kind)


def is_well_formed(response, url):
    """Return whether a response is no error of ours, is private, and of a REST route is JSON if it is an error."""
    if response.status_code >= 500 or not is_private(response, url):
        return False
    if url.startswith("/api/v1/") and response.status_code >= 400 and response.status_code != 416:
        return response["Content-Type"] == "application/json" and "code" in response.json()["error"]
    return True


def test_no_url_needs_more_queries_for_more_rows(projects, tmp_path):
    caller = Caller(projects.own, "admin")
    ensure_profile(projects.own, caller.visitor.user)
    # The page to label depends on whether anything is left to label.
    urls = [url for url in READ_ONCE if not url.endswith(("/schema/", "/label/"))]
    counts = []
    for more in (1, 20):
        add_rows(projects.own, tmp_path, caller.visitor.user, more)
        counts.append(caller.query_counts(urls, projects.own_parameters))
    few, many = counts
    # A part of a page that takes a query or two may not be shown where there are few rows.
    assert {url: (few[url], many[url]) for url in urls if many[url] > few[url] + 2} == {}


def is_private(response, url):
    """Return whether no cache that others use may store a response, and none may show it to others."""
    wanted = {"Authorization", "Cookie"} if url.startswith("/api/") else {"Cookie"}
    rules = {rule.strip() for rule in response["Cache-Control"].split(",")}
    may_store = rules & {"no-store", "no-cache", "immutable"}  # a file of a release never changes
    return "private" in rules and may_store and wanted <= set(response["Vary"].split(", "))


def hides_project(response, role):
    """Return whether a response does not reveal that the project exists."""
    if response.status_code == 405 or is_led_up(response):  # depends on the URL alone
        return True
    if role == "anonymous":
        return response.status_code == 401 or (response.status_code == 302 and "/sign-in/" in response["Location"])
    return response.status_code == 404
