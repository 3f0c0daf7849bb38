"""The log of events: what SQL may do to it, and the one change it allows."""

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction

from corpus.actions import record_event
from corpus.models import Event, Verb
from tests.cases import cases
from tests.factories import make_project, numbers

NEW = "former-0123456789ab"


def event_of(verb=Verb.MEMBER_ADDED, subject="ada", **detail):
    project = make_project()
    record_event(project=project, verb=verb, subject=subject, detail=detail)
    return Event.objects.get(project=project, verb=verb)


def run(statement, *parameters, old="", new=""):
    """Run a statement inside a renaming, and take it back. Return the number of rows."""
    with transaction.atomic(), connection.cursor() as cursor:
        if new:
            cursor.execute(
                "SELECT set_config('assize.renamed', jsonb_build_object('old', %s, 'new', %s)::text, true)", [old, new]
            )
        try:
            cursor.execute(statement, parameters)
            return cursor.rowcount
        finally:
            transaction.set_rollback(True)


@cases(
    "statement",
    [
        "DELETE FROM corpus_event WHERE id = %s",
        "UPDATE corpus_event SET subject = 'x' WHERE id = %s",
        "UPDATE corpus_event SET subject = subject WHERE id = %s",
        "UPDATE corpus_event SET verb = 'x.y' WHERE id = %s",
        "UPDATE corpus_event SET at = at - interval '1 day' WHERE id = %s",
        "UPDATE corpus_event SET actor_id = NULL WHERE id = %s",
        "UPDATE corpus_event SET project_id = NULL WHERE id = %s",
        "UPDATE corpus_event SET detail = '{}' WHERE id = %s",
        "UPDATE corpus_event SET id = -id WHERE id = %s",
        "WITH gone AS (DELETE FROM corpus_event WHERE id = %s RETURNING *) SELECT * FROM gone",
    ],
)
def test_event_is_neither_changed_nor_deleted(statement):
    event = event_of(role="lead")
    with pytest.raises(DatabaseError, match="append-only"):
        run(statement, event.pk)
    again = Event.objects.get(pk=event.pk)
    assert (again.subject, again.verb, again.at, again.detail) == (event.subject, event.verb, event.at, event.detail)


@cases("statement", ["TRUNCATE corpus_event", "TRUNCATE corpus_event CASCADE"])
@cases("new", ["", NEW])
def test_log_is_not_emptied_even_inside_a_renaming(statement, new):
    event = event_of()
    with pytest.raises(DatabaseError, match="append-only"):
        run(statement, old="ada", new=new)
    assert Event.objects.filter(pk=event.pk).exists()


def test_log_and_votes_hold_against_what_the_role_of_the_program_can_set():
    event = event_of()
    tried = ("UPDATE corpus_event SET subject = 'x' WHERE id = %s", "DELETE FROM corpus_event WHERE id = %s")
    for statement in (*tried, "TRUNCATE corpus_event"):
        # A setting that turns off ordinary triggers, and that the owner of an embedded database may change.
        settings = "SELECT set_config('session_replication_role', 'replica', true)"
        with pytest.raises(DatabaseError, match="append-only"):
            run(f"{settings}; {statement.replace('%s', str(event.pk))}")
    with pytest.raises(DatabaseError, match="never edited"):
        run("TRUNCATE annotation_vote CASCADE")
    assert Event.objects.get(pk=event.pk).subject == "ada"


@cases("change", [lambda event: event.delete(), lambda event: event.save(update_fields=["subject"])])
def test_models_cannot_change_it_either(change):
    event = event_of()
    with pytest.raises(DatabaseError, match="append-only"):
        change(event)


RENAME = "UPDATE corpus_event SET subject = %s WHERE id = %s"


@cases(
    ("verb", "old", "new", "is_allowed"),
    [
        (Verb.MEMBER_ADDED, "ada", NEW, True),
        (Verb.ACCOUNT_CLOSED, "ada", NEW, True),
        (Verb.PREFERENCES_CHANGED, "ada", NEW, True),
        (Verb.TOKEN_MADE, "ada", NEW, True),
        (Verb.BATCH_OPENED, "ada", NEW, False),
        (Verb.ITEM_VOTED, "ada", NEW, False),
        (Verb.QUEUE_CHANGED, "ada", NEW, False),
        (Verb.MEMBER_ADDED, "adam", NEW, False),
        (Verb.MEMBER_ADDED, "Ada", NEW, False),
        (Verb.MEMBER_ADDED, "ada", "bea", False),
        (Verb.MEMBER_ADDED, "ada", "former-", False),
        (Verb.MEMBER_ADDED, "ada", "former-0123456789a", False),
        (Verb.MEMBER_ADDED, "ada", "former-0123456789abc", False),
        (Verb.MEMBER_ADDED, "ada", "former-0123456789AB", False),
        (Verb.MEMBER_ADDED, "ada", "former-0123456789ag", False),
        (Verb.MEMBER_ADDED, "ada", "xformer-0123456789ab", False),
    ],
)
def test_only_the_name_of_a_former_account_is_replaced(verb, old, new, is_allowed):
    event = event_of(verb)
    if is_allowed:
        assert run(RENAME, new, event.pk, old=old, new=new) == 1
    else:
        with pytest.raises(DatabaseError, match="append-only"):
            run(RENAME, new, event.pk, old=old, new=new)


def test_renaming_ends_with_its_transaction():
    event = event_of()
    assert run(RENAME, NEW, event.pk, old="ada", new=NEW) == 1
    with pytest.raises(DatabaseError, match="append-only"):
        run(RENAME, NEW, event.pk)


@cases(
    "detail",
    [{}, {"text": "é 漢 👩‍👩‍👧"}, {"n": 2**60, "f": 0.1}, {"list": [None, True]}, {"'": '"\\'}, {"a": {"b": []}}],
)
def test_detail_comes_back_as_it_was_recorded(detail):
    project = make_project()
    record_event(project=project, verb=Verb.QUEUE_CHANGED, detail=detail)
    assert Event.objects.get(project=project, verb=Verb.QUEUE_CHANGED).detail == detail


def test_event_that_is_rolled_back_was_not():
    project = make_project()
    with transaction.atomic():
        record_event(project=project, verb=Verb.QUEUE_CHANGED)
        transaction.set_rollback(True)
    assert not Event.objects.filter(project=project, verb=Verb.QUEUE_CHANGED).exists()


def test_event_may_belong_to_nobody_and_to_no_project():
    subject = f"nobody-{next(numbers)}"
    record_event(project=None, verb=Verb.ACCOUNT_CLOSED, subject=subject)
    event = Event.objects.get(subject=subject)
    assert (event.project, event.actor, event.detail) == (None, None, {})


def test_actor_of_an_event_is_who_did_it():
    project, user = make_project(), User.objects.create(username=f"actor-{next(numbers)}")
    record_event(project=project, verb=Verb.QUEUE_CHANGED, actor=user)
    assert Event.objects.get(project=project, actor=user).verb == Verb.QUEUE_CHANGED
