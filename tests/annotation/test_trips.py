"""What a vote asks of the servers: its trips to the database, and what it reads there."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.db import DataError, connection, transaction
from django.test import RequestFactory
from django.utils import timezone
from rest_framework.exceptions import ValidationError

from annotation.models import Queue
from annotation.serializers import VoteSerializer
from config.authentication import TokenAuthentication
from corpus.models import TokenGrant
from corpus.prepared import fetch_each, fetch_one
from tests.annotation.test_answers import annotator_of
from tests.api.test_queue import project_with

LEASE = "00000000-0000-4000-8000-000000000001"


@contextmanager
def traced(path):
    """Write down the messages that this thread's connection exchanges with the server, as libpq tells them."""
    connection.ensure_connection()
    wire = connection.connection.pgconn
    with path.open("w") as file:
        wire.trace(file.fileno())
        try:
            yield
        finally:
            wire.untrace()


def trips(path):
    """Return how often the server was asked and waited for; a statement of several lines goes on without tabs."""
    messages = [line.split("\t") for line in path.read_text().splitlines()]
    return sum(message[1:2] == ["F"] and message[3] in ("Sync", "Query") for message in messages)


def test_trips_are_counted_among_statements_of_several_lines(tmp_path):
    with traced(tmp_path / "trace"), connection.cursor() as cursor:
        cursor.execute("SELECT 1,\n2,\n\n3")
    assert (len((tmp_path / "trace").read_text().splitlines()) > 4, trips(tmp_path / "trace")) == (True, 1)


def test_vote_with_the_next_item_takes_seven_trips(tmp_path):
    project = project_with(tmp_path, *(f"d{at}" for at in range(5)))
    Queue.objects.create(project=project, gold_percent=0)  # a claim that looks for gold first takes more trips
    ada = annotator_of(project)
    taken = ada.take()
    for _ in range(2):  # the first votes prepare statements and make the day
        taken = ada.vote(taken, query="?next=1").json()["next"]
    with traced(tmp_path / "trace"):
        answer = ada.vote(taken, query="?next=1")
    assert answer.status_code == 201
    # token; project and role; begin; lock, session and lease; vote, event and day; claim; commit
    assert trips(tmp_path / "trace") == 7


def test_call_reads_of_its_user_what_it_needs(tmp_path):
    ada = annotator_of(project_with(tmp_path, "one"))
    call = RequestFactory().get("/", headers={"authorization": f"Token {ada.token}"})
    user, grant = TokenAuthentication().authenticate(call)
    assert isinstance(grant, TokenGrant)
    assert (user, user.is_active, user.get_username()) == (ada.user, True, ada.name)
    assert "password" in user.get_deferred_fields()
    assert user.password == User.objects.get(pk=user.pk).password


def test_values_of_prepared_statements_are_python_values():
    asked = "SELECT now(), '{a,b}'::text[], 1::bigint, true, NULL::int, '{\"a\": 1}'::jsonb::text, gen_random_uuid()"
    for row in (fetch_one(asked, []), *fetch_each((asked, []), (asked, []))):
        at, *others, key = row
        assert isinstance(at, datetime)
        assert (at.utcoffset().total_seconds(), at <= timezone.now()) == (0, True)
        assert (others, key.version) == ([["a", "b"], 1, True, None, '{"a": 1}'], 4)
    assert fetch_one("SELECT 1 WHERE false", []) is None
    with transaction.atomic():
        assert fetch_each(("SET LOCAL work_mem = '4MB'", []), ("SELECT 1", [])) == [None, (1,)]
    for wrong in (("SELECT 1 / %s", [0]), ("SELECT %s::text", ["a\0b"])):
        with pytest.raises(DataError), transaction.atomic():
            fetch_each(("SELECT 1", []), wrong, ("SELECT 2", []))
    assert fetch_one("SELECT 1", []) == (1,)


def test_bodies_share_fields_and_nothing_else():
    def read(at):
        body = VoteSerializer(data={"lease": LEASE, "prompt_label": "safe" if at % 2 else "odd", "rationale": f"r{at}"})
        try:
            body.is_valid(raise_exception=True)
        except ValidationError as error:
            return [*error.detail]
        return body.validated_data["rationale"]

    with ThreadPoolExecutor(4) as pool:
        read_bodies = [*pool.map(read, range(100))]
    assert read_bodies == [f"r{at}" if at % 2 else ["prompt_label"] for at in range(100)]
    assert VoteSerializer().fields is VoteSerializer().fields
    for nothing in (None, [], "x"):
        with pytest.raises(ValidationError, match="non_field_errors"):
            VoteSerializer(data=nothing).is_valid(raise_exception=True)
