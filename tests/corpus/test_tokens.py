"""API tokens: what each scope lets through, by method, and how long a token lives."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone
from knox.models import AuthToken

from corpus.actions import make_token, revoke_token
from corpus.api.base import check_project, check_scope
from corpus.errors import Refused
from corpus.models import Event, Project, TokenGrant, Verb
from corpus.queries import tokens_of
from tests.cases import cases
from tests.factories import make_project, numbers

SCOPES = [scope.value for scope in TokenGrant.Scope]
READING, WRITING = ("GET", "HEAD", "OPTIONS"), ("POST", "PUT", "PATCH", "DELETE")


def call(method, scopes=None, project_id=None):
    """Return a call with a token of these scopes; with a session if there are none."""
    grant = None if scopes is None else TokenGrant(name="nightly", scopes=scopes, project_id=project_id)
    return SimpleNamespace(method=method, auth=grant)


def person():
    return User.objects.create(username=f"owner-{next(numbers)}")


@cases("held", SCOPES)
@cases("wanted", SCOPES)
@cases("method", WRITING)
def test_writing_needs_the_scope_of_the_route_alone(held, wanted, method):
    if held == wanted:
        check_scope(call(method, [held]), wanted)
    else:
        with pytest.raises(PermissionDenied, match=f"lacks the scope {wanted}"):
            check_scope(call(method, [held]), wanted)


@cases("held", SCOPES)
@cases("wanted", SCOPES)
@cases("method", READING)
def test_reading_needs_the_scope_read_whatever_the_route(held, wanted, method):
    if held == "read":
        check_scope(call(method, [held]), wanted)
    else:
        with pytest.raises(PermissionDenied, match="lacks the scope read"):
            check_scope(call(method, [held]), wanted)


@cases("method", [*READING, *WRITING])
@cases("wanted", SCOPES)
def test_session_needs_no_scope_and_a_token_of_all_has_each(method, wanted):
    check_scope(call(method), wanted)
    check_scope(call(method, SCOPES), wanted)


@cases("method", [*READING, *WRITING])
def test_token_without_scopes_does_nothing(method):
    with pytest.raises(PermissionDenied):
        check_scope(call(method, []), "data")


@cases(("limited_to", "project", "is_there"), [(None, 7, True), (7, 7, True), (8, 7, False), (0, 7, False)])
def test_token_works_in_its_project_alone(limited_to, project, is_there):
    request = call("GET", ["read"], limited_to)
    if is_there:
        check_project(request, Project(pk=project, slug="garden"))
    else:
        with pytest.raises(Http404, match="You have no project 'garden'"):
            check_project(request, Project(pk=project, slug="garden"))


@cases("days", [1, 2, 90, 364, 365])
def test_token_lives_as_many_days_as_it_says(days):
    user, before = person(), timezone.now()
    make_token(user=user, name="nightly", days=days)
    expiry = AuthToken.objects.get(user=user).expiry
    assert before <= expiry - timedelta(days=days) <= timezone.now()


@cases("days", [-(10**9), -1, 0, 366, 10**9])
def test_token_of_no_day_or_too_many_is_refused(days):
    user = person()
    with pytest.raises(Refused, match="A token lives 1 to 365 days"):
        make_token(user=user, name="nightly", days=days)
    assert not AuthToken.objects.filter(user=user).exists()


@cases("scopes", [(), [], set()])
def test_token_without_a_scope_is_refused(scopes):
    with pytest.raises(Refused, match="may do nothing"):
        make_token(user=person(), name="nightly", scopes=scopes)


@cases(
    ("asked", "stored"),
    [
        (["data", "read"], ["read", "data"]),
        (["read", "read"], ["read"]),
        ({"jury", "label"}, ["label", "jury"]),
        (SCOPES[::-1], SCOPES),
        (["read", "root"], ["read"]),
    ],
)
def test_scopes_are_stored_once_and_in_order(asked, stored):
    user = person()
    make_token(user=user, name="nightly", scopes=asked)
    assert TokenGrant.objects.get(token__user=user).scopes == stored
    assert Event.objects.get(verb=Verb.TOKEN_MADE, subject=user.username).detail == {"scopes": stored, "days": 90}


def test_token_itself_is_stored_nowhere():
    user = person()
    secret = make_token(user=user, name="nightly")
    assert secret not in str(AuthToken.objects.filter(user=user).values())
    assert secret not in str(Event.objects.filter(subject=user.username).values())


def test_two_tokens_of_one_name_are_two():
    user = person()
    assert make_token(user=user, name="nightly") != make_token(user=user, name="nightly")
    assert len(tokens_of(user)) == 2


def test_tokens_are_listed_newest_first_with_the_expired():
    user = person()
    for name in ("first", "second"):
        make_token(user=user, name=name)
    first = TokenGrant.objects.get(token__user=user, name="first")
    AuthToken.objects.filter(pk=first.token_id).update(expiry=timezone.now() - timedelta(seconds=1))
    assert [(grant.name, grant.has_expired) for grant in tokens_of(user)] == [("second", False), ("first", True)]
    assert tokens_of(person()) == []


def test_revoked_token_is_gone_and_recorded():
    user, by, project = person(), person(), make_project()
    make_token(user=user, name="nightly", project=project)
    (grant,) = tokens_of(user)
    revoke_token(grant=grant, by=by)
    assert (tokens_of(user), AuthToken.objects.filter(user=user).exists()) == ([], False)
    event = Event.objects.get(project=project, verb=Verb.TOKEN_REVOKED)
    assert (event.subject, event.actor) == (user.username, by)
