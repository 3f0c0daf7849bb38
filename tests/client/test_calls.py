"""The client sends calls again where that is safe, says what went wrong, and keeps its token to itself."""

import json
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from assize_client import ApiError, AssizeError, Client, ConnectionFailed, Refused, Throttled, Unavailable
from assize_client.client import checked_name, pages
from assize_client.transport import part, root_of, seconds_of

from tests.cases import cases
from tests.client.servers import error, scripted
from tests.ports import unused_port

TOKEN = "made-up"
PROJECTS = (200, {"Content-Type": "application/json"}, b"[]")


def client_of(url, waits, **options):
    return Client(url, TOKEN, sleep=waits.append, **options)


def test_busy_site_is_asked_again_after_the_seconds_it_names():
    waits = []
    with scripted(error(429, Retry_After="7"), error(503, Retry_After="2"), PROJECTS) as site:
        assert client_of(site.url, waits).projects() == []
    assert waits == [7, 2]
    assert [request[2]["Authorization"] for request in site.got] == [f"Token {TOKEN}"] * 3


def test_wait_longer_than_the_patience_is_the_callers_to_choose():
    waits = []
    with scripted(error(429, Retry_After="61")) as site, pytest.raises(Throttled) as caught:
        client_of(site.url, waits).projects()
    assert (caught.value.retry_after, caught.value.code, waits) == (61, "busy", [])
    with scripted(error(503, Retry_After="0")) as site, pytest.raises(Unavailable):
        client_of(site.url, waits, patience=1).projects()
    assert 5 < len(site.got) < 20  # a site that is never ready is not asked for ever
    with scripted(error(503, Retry_After="0")) as site, pytest.raises(Unavailable):
        client_of(site.url, waits, patience=0).projects()
    assert len(site.got) == 1


def test_only_reads_are_repeated_where_something_may_have_been_done():
    lost = (502, {"Content-Type": "text/html"}, b"<h1>Bad gateway</h1>")
    for method, tries in (("GET", 2), ("POST", 1)):
        with scripted(lost, PROJECTS) as site:
            api = client_of(site.url, []).api
            with nullcontext() if tries == 2 else pytest.raises(Unavailable, match="and not as an Assize site does"):
                api.call(method, "projects/")
            assert len(site.got) == tries, method
    with scripted(error(503), PROJECTS) as site:  # says that nothing was done
        assert client_of(site.url, []).api.call("POST", "projects/", body={"slug": "a"}) == []
    assert site.got[1][3] == b'{"slug":"a"}'


def test_file_is_sent_whole_again_after_a_busy_answer(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_bytes(b"line\n" * 1000)
    accepted = (202, {}, b'{"job": {"id": 1}}')
    with scripted(error(429, Retry_After="1"), accepted) as site:
        assert client_of(site.url, []).project("garden").import_file(path, make_ids=True)["id"] == 1
    assert site.got[1][1] == "/api/v1/projects/garden/items/import/?kind=dialogues&make_ids=true&name=mine.jsonl"
    assert [(request[2]["Content-Length"], request[3]) for request in site.got] == [("5000", b"line\n" * 1000)] * 2


def test_site_that_is_not_there_is_one_clear_error():
    waits = []
    with pytest.raises(ConnectionFailed, match=r"127\.0\.0\.1:\d+/api/v1/ cannot be reached"):
        client_of(f"http://127.0.0.1:{unused_port()}", waits, patience=3).api.post_recount("garden")
    assert len(waits) > 1  # nothing was sent, so that a change may be tried again, too


def test_answers_that_are_not_ours_are_said_to_be():
    with scripted((200, {}, b"<p>Sign in to the network</p>")) as site, pytest.raises(ConnectionFailed, match="JSON"):
        client_of(site.url, []).projects()
    moved = (301, {"Location": "https://elsewhere.example/"}, b"")
    with (
        scripted(moved) as site,
        pytest.raises(ApiError, match=r"on to https://elsewhere\.example/\. Use that") as caught,
    ):
        client_of(site.url, []).projects()
    assert caught.value.status == 301
    assert len(site.got) == 1
    with scripted(error(409, "sent_back")) as site, pytest.raises(Refused, match=r"Wait a moment\. \(409, sent_back\)"):
        client_of(site.url, []).api.post_claim_case("garden", 3)


def test_token_follows_no_address_of_a_page_and_stands_in_no_text():
    page = {"results": [1], "next": "http://elsewhere.example/api/v1/x/?cursor=abc%3D", "previous": None}
    last = {"results": [2], "next": None, "previous": None}
    with scripted(*((200, {}, json.dumps(each).encode()) for each in (page, last))) as site:
        client = client_of(site.url, [])
        assert list(client.project("garden").items(status="disputed")) == [1, 2]
    assert site.got[1][1].endswith("/items/?cursor=abc%3D&page_size=500&status=disputed")
    assert TOKEN not in repr(client) + repr(client.api) + repr(vars(client.api))


def test_pages_in_a_circle_end():
    with pytest.raises(AssizeError, match="circle"):
        list(pages(lambda **_query: {"results": [], "next": "?cursor=same"}))


@cases(
    ("url", "root"),
    [
        ("https://a.example", "https://a.example/api/v1/"),
        ("https://a.example/", "https://a.example/api/v1/"),
        ("https://a.example/api/v1/", "https://a.example/api/v1/"),
        ("http://a.example:8000/label", "http://a.example:8000/label/api/v1/"),
        ("http://[::1]:8000", "http://[::1]:8000/api/v1/"),
    ],
)
def test_address_of_a_site_may_end_in_the_routes(url, root):
    assert root_of(url) == root


@cases(
    "url",
    ["a.example", "ftp://a.example", "https://", "https://me:key@a.example", "https://a.example/?x=1", "https://a:b"],
)
def test_address_that_is_none_is_refused(url):
    with pytest.raises(AssizeError, match="is not the address of a site"):
        root_of(url)


@cases(("header", "seconds"), [(None, None), ("0", 0), ("12", 12), ("soon", None), ("-1", None), ("", None)])
def test_retry_after_in_seconds(header, seconds):
    assert seconds_of(header) == seconds


def test_retry_after_as_a_moment():
    now = datetime.now(UTC)
    assert 50 < seconds_of(format_datetime(now + timedelta(seconds=60), usegmt=True)) <= 60
    assert seconds_of(format_datetime(now - timedelta(seconds=60), usegmt=True)) == 0


def test_values_stay_one_part_of_a_path():
    assert [part(each) for each in ("a/b", "..", ".", "a b?", 7)] == ["a%2Fb", "%2E%2E", "%2E", "a%20b%3F", "7"]


@cases("name", ["../x", "a/b", "..", ".hidden", "a\\b", "/etc/x", ""])
def test_file_name_that_leads_elsewhere_is_refused(name):
    with pytest.raises(AssizeError, match="not a plain name"):
        checked_name(name)


def test_client_without_address_or_token_says_what_is_missing(monkeypatch):
    monkeypatch.delenv("ASSIZE_TOKEN", raising=False)
    with pytest.raises(AssizeError, match="ASSIZE_TOKEN"):
        Client("https://a.example")
    with pytest.raises(AssizeError, match="characters that no token has"):
        Client("https://a.example", "tökén")
    monkeypatch.setenv("ASSIZE_TOKEN", TOKEN)
    Client("https://a.example").close()
