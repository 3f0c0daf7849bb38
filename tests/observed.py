"""What a client sees of a request and what it asks of the database, to compare two worlds that should look alike."""

import re
from collections import Counter
from dataclasses import dataclass, fields
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

# What differs between two calls in the same world: ids, names of what a test makes, tokens and times.
VARYING = [
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "UUID"),
    (re.compile(r"\b(project|annotator|adjudicator)-\d+"), r"\1"),
    (re.compile(r"item-\d+"), "item"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d[:.\d]*(Z|[+-]\d\d:\d\d)?"), "TIME"),
    (re.compile(r"(<time[^>]*>)[^<]*"), r"\1TIME"),
    (re.compile(r'("id":|/votes/|my-votes/|/cases/|case-|Case |data-user="|"supersedes":)\d+'), r"\1ID"),
    (re.compile(r'(name="csrfmiddlewaretoken" value="|"X-CSRFToken": ?"|nonce[-=]"?)[\w+/=-]+'), r"\1TOKEN"),
    (re.compile(r'(name="shown"\s+value=")[^"]*'), r"\1TOKEN"),
    (re.compile(r"(expires in|every) \d+"), r"\1 N"),
]
LITERAL = re.compile(r"'(?:[^']|'')*'|\b\d+(\.\d+)?\b|\bs\d+_x\d+\b|\b(NULL|true|false)\b")
LISTED = re.compile(r"\?(, \?)+|\(VALUES \(\?\)(, \(\?\))*\)")


@dataclass(frozen=True)
class Observed:
    """A response without what varies, and the statements behind it without their values."""

    status: int
    headers: dict[str, str]
    body: str
    statements: Counter[str]

    def differences(self, other: "Observed") -> set[str]:
        """Return the names of the fields that differ."""
        return {field.name for field in fields(self) if getattr(self, field.name) != getattr(other, field.name)}


def observe(send: Any) -> tuple[Any, Observed]:
    """Send a request; return the response and what could be observed of it."""
    before = prepared_statements()
    with CaptureQueriesContext(connection) as queries:
        response = send()
    statements = prepared_statements() - before
    statements.update(without_values(query["sql"]) for query in queries)
    headers = {name: without_varying(value) for name, value in response.headers.items() if name != "Content-Length"}
    headers["cookies"] = " ".join(sorted(response.cookies))
    body = without_varying(response.content.decode())
    return response, Observed(response.status_code, headers, body, statements)


def prepared_statements() -> Counter[str]:
    """Return how often this connection has executed each prepared statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement, generic_plans + custom_plans FROM pg_prepared_statements")
        counts: Counter[str] = Counter()
        for statement, times in cursor.fetchall():
            counts[" ".join(statement.split())] += times
        return counts


def without_varying(text: str) -> str:
    """Return a text without ids, names, tokens and times."""
    for pattern, name in VARYING:
        text = pattern.sub(name, text)
    return text


def without_values(sql: str) -> str:
    """Return a statement without its values."""
    return LISTED.sub("?", LITERAL.sub("?", " ".join(sql.split())))


class Witness:
    """A signed-in member of a project who remembers what could be observed of each request, by a name of it."""

    def __init__(self, visitor: Any) -> None:
        self.visitor = visitor
        self.seen: dict[str, Observed] = {}
        connection.close()  # so that no statement is prepared already
        visitor.get("wellbeing/")  # which reads the names of time zones once a process

    def see(self, name: str, place: str, body: dict[str, Any] | None = None, *, as_part: bool = False) -> Any:
        """
        Send a request and return the response: GET if there is no body, else as JSON to a route or a form to a page.

        :param place: a path in the project; that of a route begins with `api/`
        :param as_part: whether to ask for the part of the page, as its script does
        """
        is_route = place.startswith("api/")
        path = f"/projects/{self.visitor.project.slug}/{place.removeprefix('api/')}"
        options: dict[str, Any] = {"headers": {"HX-Request": "true"} if as_part else {}}
        if is_route:
            path, options["content_type"] = f"/api/v1{path}", "application/json"
        client = self.visitor.client

        def send() -> Any:
            return (
                client.post(path, body, **options) if body is not None else client.get(path, headers=options["headers"])
            )

        response, self.seen[name] = observe(send)
        return response


def differing(seen: dict[str, Observed], plain: dict[str, Observed]) -> dict[str, set[str]]:
    """Return the names of the fields that differ between two worlds, by the name of the request."""
    assert list(seen) == list(plain)
    return {name: fields for name in seen if (fields := seen[name].differences(plain[name]))}
