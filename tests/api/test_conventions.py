"""Conventions of every route: pages, methods, the one form of errors, HEAD and OPTIONS, and odd ids in paths."""

import json
from urllib.parse import quote

import pytest
from django.test import Client

from corpus.models import Item
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.cases import cases
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

NAMES = [f"i{at}" for at in range(7)]
ODD_IDS = [
    "a/b",
    "a/vote/",
    "/",
    "a b",
    "a?b#c",
    "a%2Fb",
    "%",
    "é",
    "漢字",
    "שלום",
    "a+b",
    "a&b=c",
    "..",
    "a;b",
    "'",
    "\\",
]


@pytest.fixture(scope="module")
def project(database, tmp_path_factory):
    """Seven items, of which one is decided."""
    made = make_project(quorum=1)
    folder = tmp_path_factory.mktemp("api")
    import_dialogues(made, folder, [dialogue(name) for name in NAMES])
    import_votes(made, folder, [opinion("i0", "ada", "safe", "safe")])
    command("adjudicate", project=made.slug)
    return made


@pytest.fixture(scope="module")
def lead(project):
    return Program(project, "lead")


@pytest.fixture(scope="module")
def admin(project):
    return Program(project, "admin")


def ids(page):
    return [item["id"] for item in page["results"]]


def pages_of(program, route, key="next", **query):
    """Follow a link of the pages to its end."""
    page = program.get(route, **query).json()
    yield page
    while page[key]:
        page = program.client.get(page[key]).json()
        yield page


@cases(
    ("size", "lengths"),
    [(1, [1] * 7), (3, [3, 3, 1]), (6, [6, 1]), (7, [7]), (8, [7]), (1_000, [7]), (10**9, [7])],
)
def test_pages_hold_every_item_once_in_order(lead, size, lengths):
    pages = list(pages_of(lead, f"projects/{lead.slug}/items/", page_size=size))
    assert [len(page["results"]) for page in pages] == lengths
    assert [name for page in pages for name in ids(page)] == NAMES
    assert (pages[0]["previous"], pages[-1]["next"]) == (None, None)


@cases("size", ["0", "-1", "x", "", "1.5"])
def test_odd_page_size_is_the_usual_one(lead, size):
    page = lead.get(f"projects/{lead.slug}/items/", page_size=size)
    assert (page.status_code, len(ids(page.json()))) == (200, 7)


def test_pages_lead_back_to_the_beginning(lead):
    *_, last = pages_of(lead, f"projects/{lead.slug}/items/", page_size=3)
    back = lead.client.get(last["previous"]).json()
    first = lead.client.get(back["previous"]).json()
    assert (ids(last), ids(back), ids(first)) == (["i6"], ["i3", "i4", "i5"], ["i0", "i1", "i2"])
    assert first["previous"] is None


def test_links_keep_the_filters(lead):
    for query in ({"status": "pending"}, {"source": ""}):
        page = lead.get(f"projects/{lead.slug}/items/", page_size=2, **query).json()
        for name, value in ({"page_size": 2} | query).items():
            assert f"{name}={value}" in page["next"]


def test_page_does_not_shift_when_rows_are_added(lead, project):
    made = make_project()
    own = Program(made, "lead")
    for at in range(3):
        Item.objects.create(project=made, external_id=f"n{at}", turns=[], content_hash=b"")
    first = own.get(f"projects/{made.slug}/items/", page_size=2).json()
    Item.objects.create(project=made, external_id="late", turns=[], content_hash=b"")
    second = own.client.get(first["next"]).json()
    assert (ids(first), ids(second)) == (["n0", "n1"], ["n2", "late"])


@pytest.mark.parametrize("cursor", ["x", "%", "cD0=", "null", "é", "a" * 500, "bz0tMQ==", "cD1hJnI9MQ=="])
@cases("route", ["items/", "jobs/", "releases/"])
def test_odd_cursor_never_breaks_a_page(admin, route, cursor):
    answer = admin.get(f"projects/{admin.slug}/{route}", cursor=cursor)
    assert answer.status_code in (200, 404), answer.content
    if answer.status_code == 404:
        assert_error(answer, 404, "not_found")


def test_page_of_nothing_has_no_links():
    own = Program(make_project(), "admin")
    for route in ("items/", "jobs/", "releases/", "cases/", "my-votes/"):
        assert own.get(f"projects/{own.slug}/{route}").json() == {"next": None, "previous": None, "results": []}


def assert_error(answer, status, code, fields=None):
    """Check that a response is the one form of an error."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/json"
    body = answer.json()
    assert list(body) == ["error"]
    error = body["error"]
    assert set(error) == {"code", "message"} | ({"fields"} if fields else set())
    assert (error["code"], isinstance(error["message"], str), bool(error["message"])) == (code, True, True)
    if fields:
        assert list(error["fields"]) == fields


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@cases("route", ["items/", "export/", "releases/1.0/", "progress/", "items/i0/history/"])
def test_reading_routes_refuse_other_methods(lead, method, route):
    answer = getattr(lead.client, method)(
        f"/api/v1/projects/{lead.slug}/{route}", "{}", content_type="application/json"
    )
    assert_error(answer, 405, "method_not_allowed")
    assert "GET" in answer["Allow"]
    assert method.upper() not in answer["Allow"]


@pytest.mark.parametrize("route", ["next/", "recount/", "items/i0/vote/", "items/i0/skip/", "items/import/", "renew/"])
@cases("method", ["get", "put", "delete"])
def test_writing_routes_refuse_other_methods(admin, method, route):
    answer = getattr(admin.client, method)(f"/api/v1/projects/{admin.slug}/{route}")
    assert_error(answer, 405, "method_not_allowed")
    assert "POST" in answer["Allow"]


@cases("method", ["FETCH", "TRACE", "CONNECT", "get"])
def test_unknown_method_is_405(lead, method):
    assert lead.client.generic(method, f"/api/v1/projects/{lead.slug}/items/").status_code in (200, 405)


@cases("body", ["{", "[1,", '{"a": NaN}', "'a'", "\ufeff{}", "[" * 100_000])
def test_body_that_is_no_json_is_a_parse_error(lead, body):
    answer = lead.client.post(f"/api/v1/projects/{lead.slug}/renew/", body, content_type="application/json")
    assert_error(answer, 400, "parse_error")


@cases("body", [[], "text", 1, None, True, [{}]])
def test_body_that_is_no_object_is_invalid(admin, body):
    route = f"/api/v1/projects/{admin.slug}/releases/"
    answer = admin.client.post(route, json.dumps(body), content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid")
    assert answer.json()["error"]["fields"]


@cases("kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "nonsense"])
def test_other_content_is_415(lead, kind):
    answer = lead.client.post(f"/api/v1/projects/{lead.slug}/renew/", "lease=1", content_type=kind)
    assert_error(answer, 415, "unsupported_media_type")


@cases(
    ("route", "query", "fields"),
    [
        ("items/", {"status": "lost"}, ["status"]),
        ("items/", {"category": "no slug"}, ["category"]),
        ("items/", {"source": "x" * 10_001}, ["source"]),
        ("export/", {"format": "xml", "policy": "coin"}, ["format", "policy"]),
        ("cases/", {"state": "lost"}, ["state"]),
    ],
)
def test_odd_query_names_its_fields(lead, route, query, fields):
    answer = lead.get(f"projects/{lead.slug}/{route}", **query)
    assert_error(answer, 400, "invalid", fields)
    assert answer.json()["error"]["message"].startswith(f"{fields[0]}: ")


@cases("splits", [[0.5, 0.4, 0.2], [0, 0, 0]])
def test_shares_that_do_not_add_up_are_refused(admin, splits):
    answer = admin.post(f"projects/{admin.slug}/releases/", {"version": "odd", "splits": splits})
    assert_error(answer, 409, "refused")


@cases("token", ["", "Token", "Token x", "Token " + "a" * 64, "Bearer x", "Basic eDp4", "Token a b"])
def test_call_without_a_good_token_is_401(project, token):
    answer = Client(headers={"authorization": token}).get(f"/api/v1/projects/{project.slug}/items/")
    assert (answer.status_code, list(answer.json())) == (401, ["error"])
    assert answer.json()["error"]["code"] in ("not_authenticated", "authentication_failed")
    assert answer["WWW-Authenticate"].startswith("Token")


@pytest.mark.parametrize("role", ["annotator", "adjudicator"])
@cases("route", ["items/", "export/", "releases/", "releases/1.0/"])
def test_lower_role_is_403(project, role, route):
    answer = Program(project, role).get(f"projects/{project.slug}/{route}")
    assert_error(answer, 403, "permission_denied")
    assert answer.json()["error"]["message"] == "This needs the role lead."


@cases(
    "route",
    [
        "nowhere/",
        "projects/no-such-project/",
        "jobs/999999999/",
        "cases/999999999/",
        "jobs/x/",
        "projects//items/",
        "items",
    ],
)
def test_what_there_is_not_is_404(admin, route):
    assert_error(admin.get(route), 404, "not_found")


def test_unknown_version_and_file_are_404(lead):
    assert_error(lead.get(f"projects/{lead.slug}/releases/9.9/"), 404, "not_found")
    assert_error(lead.get(f"projects/{lead.slug}/releases/9.9/files/train.json"), 404, "not_found")


def test_large_upload_is_413(admin, settings):
    settings.UPLOAD_BYTES = 10
    route = f"/api/v1/projects/{admin.slug}/items/import/?name=a.jsonl"
    for body in (b"x" * 11, b"x" * 2**17):
        answer = admin.client.post(route, body, content_type="application/octet-stream")
        assert_error(answer, 413, "too_large")


@cases("route", ["", "items/", "progress/", "jobs/", "cases/"])
def test_head_is_get_without_a_body(admin, route):
    path = f"/api/v1/projects/{admin.slug}/{route}"
    head, whole = admin.client.head(path), admin.client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head["Content-Type"] == whole["Content-Type"]


@cases(
    ("route", "allowed"),
    [
        ("items/", {"GET", "HEAD", "OPTIONS"}),
        ("releases/", {"GET", "POST", "HEAD", "OPTIONS"}),
        ("items/import/", {"POST", "OPTIONS"}),
        ("next/", {"POST", "OPTIONS"}),
    ],
)
def test_options_name_the_methods(admin, route, allowed):
    answer = admin.client.options(f"/api/v1/projects/{admin.slug}/{route}")
    assert answer.status_code == 200
    assert set(answer["Allow"].split(", ")) == allowed


@cases("accept", ["text/html", "application/xml", "*/*", "nonsense", ""])
def test_answer_is_json_whatever_is_accepted(lead, accept):
    answer = lead.client.get(f"/api/v1/projects/{lead.slug}/items/", headers={"accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


@pytest.fixture(scope="module")
def odd(database, tmp_path_factory):
    """A lead of a project whose items have odd ids."""
    made = make_project()
    rows = [dialogue(name) for name in ODD_IDS]
    assert import_dialogues(made, tmp_path_factory.mktemp("odd"), rows)["rejected"] == 0
    return Program(made, "lead"), Visitor(made, "lead")


@cases("name", [name for name in ODD_IDS if name != "/"])
def test_encoded_id_leads_to_its_own_item(odd, name):
    lead, _ = odd
    answer = lead.get(f"projects/{lead.slug}/items/{quote(name, safe='')}/history/")
    assert (answer.status_code, answer.json()["history"][0]["kind"]) == (200, "item")


@cases("name", ["nowhere", "a", "A/B", "a%25252Fb", "a b ", "%00", "%ff", "x" * 5_000])
def test_id_that_there_is_not_is_404(odd, name):
    lead, _ = odd
    assert_error(lead.get(f"projects/{lead.slug}/items/{name}/history/"), 404, "not_found")


@cases("name", ODD_IDS)
def test_odd_id_is_listed_as_it_is(odd, name):
    lead, _ = odd
    assert name in ids(lead.get(f"projects/{lead.slug}/items/").json())
