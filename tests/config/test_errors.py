"""Errors as JSON and pages, the pace of calls, parsers and negotiation."""

import io
import json
from types import SimpleNamespace

import pytest
from django.conf import settings as site
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, TooManyFieldsSent
from django.http import Http404
from django.test import Client
from rest_framework.exceptions import (
    AuthenticationFailed,
    MethodNotAllowed,
    NotAuthenticated,
    NotFound,
    ParseError,
    Throttled,
    UnsupportedMediaType,
    ValidationError,
)

from config.errors import api_error, error_response, first_message
from config.negotiation import FixedRenderer
from config.parsers import JSONParser, TooLarge
from config.throttling import UserRateThrottle, count, counters
from corpus.errors import Invalid, Refused
from jury.actions.jurors import NotForLeads
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.cases import cases
from tests.factories import make_project, numbers


@cases(("error", "status", "code", "message"), [
    (Refused("Not now."), 409, "refused", "Not now."),
    (NotForLeads("Admins only."), 403, "permission_denied", "Admins only."),
    (Invalid("id", "it is missing"), 400, "invalid", "id: it is missing"),
    (ValidationError({"limit": ["Too low."]}), 400, "invalid", "limit: Too low."),
    (ValidationError(["Not an object."]), 400, "invalid", "body: Not an object."),
    (ValidationError("Not an object."), 400, "invalid", "body: Not an object."),
    (ValidationError({"a": {"b": [{}, {"c": ["Deep."]}]}}), 400, "invalid", "a: "),
    (ParseError("Not JSON."), 400, "parse_error", "Not JSON."),
    (NotAuthenticated(), 401, "not_authenticated", "Authentication credentials were not provided."),
    (AuthenticationFailed("Invalid token."), 401, "authentication_failed", "Invalid token."),
    (PermissionDenied("Leads only."), 403, "permission_denied", "Leads only."),
    (PermissionDenied(), 403, "permission_denied", "You do not have permission to perform this action."),
    (Http404("No run 5."), 404, "not_found", "No run 5."),
    (Http404(), 404, "not_found", "Not found."),
    (NotFound(), 404, "not_found", "Not found."),
    (MethodNotAllowed("PUT"), 405, "method_not_allowed", 'Method "PUT" not allowed.'),
    (UnsupportedMediaType("text/x"), 415, "unsupported_media_type", 'Unsupported media type "text/x" in request.'),
    (TooLarge(), 413, "too_large", "The body has more than 2,097,152 bytes."),
    (TooManyFieldsSent("Thousands."), 400, "invalid", "The request is malformed, or has too many parameters."),
    (Throttled(wait=3), 429, "throttled", "Request was throttled. Expected available in 3 seconds."),
])  # fmt: skip
def test_error_has_a_status_a_code_and_a_message(error, status, code, message):
    response = api_error(error, {})
    assert response.status_code == status
    shown = response.data["error"]
    assert (shown["code"], list(response.data)) == (code, ["error"])
    assert shown["message"] == message if not message.endswith(": ") else shown["message"].startswith(message)
    json.dumps(response.data, default=str)


@cases("error", [ValueError("x"), KeyError(), RuntimeError("secret rows")])
def test_error_of_ours_is_left_to_the_server(error):
    assert api_error(error, {}) is None


@cases(("error", "fields"), [
    (Invalid("id", "it is missing"), {"id": ["it is missing"]}),
    (Invalid("", ""), {"": [""]}),
    (ValidationError({"b": ["2"], "a": ["1"]}), {"b": ["2"], "a": ["1"]}),
    (ValidationError("1"), {"body": ["1"]}),
])  # fmt: skip
def test_fields_hold_the_messages_of_each(error, fields):
    assert api_error(error, {}).data["error"]["fields"] == fields


def test_error_says_when_to_come_back():
    assert api_error(Throttled(wait=2.5), {})["Retry-After"] == "3"
    assert "Retry-After" not in api_error(Throttled(), {})


@cases("fields", [None, {}])
def test_no_fields_leave_no_key(fields):
    assert error_response(409, "refused", "x", fields).data == {"error": {"code": "refused", "message": "x"}}


@cases(("value", "message"), [
    ("one", "one"),
    (["one", "two"], "one"),
    ({"a": ["one"], "b": ["two"]}, "one"),
    ([[["one"]]], "one"),
    ([{"a": {"b": ["one"]}}], "one"),
    ([], ""),
    ({}, ""),
    ([{}], ""),
    (None, "None"),
    (0, "0"),
])  # fmt: skip
def test_first_message_is_found_at_any_depth(value, message):
    assert first_message(value) == message


@cases(("body", "value"), [
    (b"{}", {}),
    (b"[]", []),
    (b"null", None),
    (b'"\\u00e9"', "é"),
    ('{"a": "é"}'.encode(), {"a": "é"}),
    (b"1e3", 1000.0),
    (b'{"a": {"b": 1}, "c": {"b": 2}}', {"a": {"b": 1}, "c": {"b": 2}}),
    (b"9007199254740993", 9007199254740993),
    (b"18446744073709551617", 18446744073709551617),
    (b"[" * 50 + b"]" * 50, None),
])  # fmt: skip
def test_body_is_parsed(body, value):
    parsed = JSONParser().parse(io.BytesIO(body), "application/json", {"encoding": "utf-8"})
    assert parsed == value if value is not None or body == b"null" else isinstance(parsed, list)


@cases("body", [
    b"", b"{", b"{'a': 1}", b"nul", b"NaN", b"[Infinity]", b"\xff\xfe", b'{"a": 1}x', b"[" * 100_000,
    b'{"a":' * 50_000 + b"1" + b"}" * 50_000, b"1" * 5_000, b'{"a": 1, "a": 1}', b'[{"b": {"a": 1, "c": 2, "a": 3}}]',
])  # fmt: skip
def test_body_that_is_no_json_is_a_parse_error(body):
    with pytest.raises(ParseError):
        JSONParser().parse(io.BytesIO(body), "application/json", {"encoding": "utf-8"})


def test_key_that_is_there_twice_is_named():
    with pytest.raises(ParseError, match="the key 'seed' is there twice"):
        JSONParser().parse(io.BytesIO(b'{"seed": 1, "seed": 2}'))


def test_body_that_never_ends_is_read_no_further_than_any_call_needs():
    endless = SimpleNamespace(read=lambda size: b"[" * size)
    with pytest.raises(TooLarge) as refused:
        JSONParser().parse(endless)
    assert (refused.value.status_code, str(refused.value)) == (413, "The body has more than 2,097,152 bytes.")


@cases("accept", ["", "*/*", "text/html", "application/xml;q=0.9", "nonsense", "application/json;v=2"])
def test_whatever_is_accepted_the_answer_is_json(accept):
    renderers = [SimpleNamespace(media_type="application/json"), SimpleNamespace(media_type="text/html")]
    request = SimpleNamespace(headers={"accept": accept})
    assert FixedRenderer().select_renderer(request, iter(renderers)) == (renderers[0], "application/json")
    answer = Client(headers={"accept": accept}).get("/api/v1/projects/")
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/json")


@cases("header", [
    "", "Token", "Token ", "Token x", "Token x y", "Bearer x", "Basic eDp5", "token \xff", "Token " + "x" * 5000,
])  # fmt: skip
def test_header_that_is_no_token_is_a_401(header):
    answer = Client(headers={"authorization": header}).get("/api/v1/projects/")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Token")
    assert answer.json()["error"]["code"] in ("not_authenticated", "authentication_failed")


def test_token_of_a_closed_account_is_a_401():
    program = Program(make_project())
    assert program.get("projects/").status_code == 200
    User.objects.filter(username=program.name).update(is_active=False)
    assert program.get("projects/").status_code == 401


@cases(("path", "kind"), [("/api/v1/projects/a%00b/", "application/json"), ("/projects/a%00b/", "text/html")])
def test_nul_in_a_path_is_not_found(path, kind):
    answer = Client().get(path)
    assert (answer.status_code, answer["Content-Type"].split(";")[0]) == (404, kind)


def test_refusal_is_a_page_or_with_htmx_a_notice():
    lead = Visitor(make_project(), "lead")
    path = f"/projects/{lead.project.slug}/jury/runs/"
    page, notice = (lead.client.post(path, {"do": "estimate"}, headers=more) for more in ({}, {"HX-Request": "true"}))
    assert (page.status_code, notice.status_code) == (409, 409)


def request_of(method="GET", user=None, address="10.0.0.1"):
    user = user or SimpleNamespace(is_authenticated=False, pk=None)
    return SimpleNamespace(method=method, user=user, headers={}, META={"REMOTE_ADDR": address})


def somebody():
    return SimpleNamespace(is_authenticated=True, pk=f"test-{next(numbers)}")


@pytest.fixture
def rates(settings):
    def set_rates(pace, heavy):
        settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": {"pace": pace, "heavy": heavy}}

    return set_rates


HEAVY = SimpleNamespace(heavy_methods=("POST",))
LIGHT = SimpleNamespace()


@pytest.mark.parametrize(("pace", "heavy", "method", "view", "allowed"), [
    ("3/day", "1/day", "GET", HEAVY, 3),
    ("3/day", "1/day", "POST", HEAVY, 1),
    ("3/day", "1/day", "POST", LIGHT, 3),
    ("1/day", "3/day", "POST", HEAVY, 1),
    ("0/day", "3/day", "GET", LIGHT, 0),
])  # fmt: skip
def test_calls_are_counted_by_the_tighter_limit(rates, pace, heavy, method, view, allowed):
    rates(pace, heavy)
    request = request_of(method, somebody())
    answers = [UserRateThrottle().allow_request(request, view) for _ in range(5)]
    assert answers == [True] * allowed + [False] * (5 - allowed)


def test_accounts_are_counted_apart_and_strangers_by_address(rates):
    rates("1/day", "1/day")
    stranger = f"192.0.2.{next(numbers)}-{somebody().pk}"
    requests = [
        request_of(user=somebody()),
        request_of(user=somebody()),
        request_of(address=stranger),
        request_of(address=f"{stranger}-b"),
    ]
    assert [UserRateThrottle().allow_request(each, LIGHT) for each in requests] == [True] * 4
    assert [UserRateThrottle().allow_request(each, LIGHT) for each in requests] == [False] * 4


@pytest.mark.parametrize(("rate", "longest"), [("1/sec", 1), ("1/min", 60), ("1/hour", 3600), ("1/day", 86400)])
def test_wait_ends_with_the_window(rates, rate, longest):
    rates(rate, rate)
    throttle = UserRateThrottle()
    throttle.allow_request(request_of(user=somebody()), LIGHT)
    assert 0 < throttle.wait() <= longest


def test_counters_count_from_one_and_expire():
    key, other = (f"calls:test:{somebody().pk}" for _ in range(2))
    assert [count([(key, 60)]) for _ in range(3)] == [[1], [2], [3]]
    assert count([(key, 60), (other, 60)]) == [4, 1]
    assert 0 < counters(site.REDIS_URL).ttl(key) <= 60


def test_unreachable_server_lets_every_call_through(settings, rates):
    rates("1/day", "1/day")
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    request = request_of(user=somebody())
    assert all(UserRateThrottle().allow_request(request, LIGHT) for _ in range(3))
