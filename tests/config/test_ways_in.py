"""What ends the ways into an account: a new password, a used link, and a closed account."""

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from knox.models import AuthToken

from corpus.actions import make_token
from corpus.invitations import invitation_url
from corpus.models import Event, TokenGrant
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.config.test_sign_in import PASSWORD, sign_in, signed_in
from tests.factories import command, make_project, numbers

OTHER = "another horse battery"


@pytest.fixture
def person():
    """A member with a password and a token."""
    program = Program(make_project())
    program.user = User.objects.get(username=program.name)
    set_by_link(invitation_url(program.user))
    program.user.refresh_from_db()
    return program


def set_by_link(url, password=PASSWORD):
    """Follow a link and set a password; return the last page."""
    client = Client()
    page = client.get(url.removeprefix("http://127.0.0.1:8000"), follow=True)
    if not page.context["validlink"]:
        return page
    return client.post(page.request["PATH_INFO"], {"new_password1": password, "new_password2": password})


def calls(program):
    return program.get("projects/").status_code


def test_first_password_leaves_the_token_made_with_the_account(person):
    assert (calls(person), person.user.check_password(PASSWORD)) == (200, True)


def test_changed_password_ends_tokens_and_other_sessions(person):
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        sign_in(client, person.user)
    new = {"oldpassword": PASSWORD, "password1": OTHER, "password2": OTHER}
    assert here.post("/account/password/", new).status_code == 302
    assert (calls(person), TokenGrant.objects.filter(token__user=person.user).count()) == (401, 0)
    assert elsewhere.get("/").url.startswith("/sign-in/")
    assert here.get("/account/2fa/").status_code == 200
    assert Event.objects.filter(verb="account.tokens_ended", subject=person.name, actor=person.user).count() == 1


def test_password_set_by_a_new_link_ends_tokens_and_the_link(person):
    url = invitation_url(person.user)
    assert calls(person) == 200
    assert set_by_link(url, OTHER).status_code == 302
    assert calls(person) == 401
    assert not set_by_link(url).context["validlink"]
    assert sign_in(Client(), person.user, OTHER).url == "/"


def test_password_changed_by_command_or_in_a_shell_ends_tokens(person, monkeypatch):
    person.user.password = make_password(PASSWORD)  # a new hash of the same one, as sign-in stores where rules change
    person.user.save(update_fields=["password"])
    assert calls(person) == 200
    monkeypatch.setattr("getpass.getpass", lambda *_arguments, **_options: OTHER)
    assert call_command("changepassword", person.name, verbosity=0)
    assert (calls(person), TokenGrant.objects.filter(token__user=person.user).count()) == (401, 0)
    assert Event.objects.filter(verb="account.tokens_ended", subject=person.name).count() == 1
    person.user.refresh_from_db()
    make_token(user=person.user, name="again")
    person.user.set_unusable_password()
    person.user.save()
    assert not TokenGrant.objects.filter(token__user=person.user).exists()


def test_closed_account_has_no_way_in_and_opens_without_its_old_ones(person):
    by = Visitor(make_project(), "site-admin")
    link, client = invitation_url(person.user), Client()
    sign_in(client, person.user)
    place = f"/projects/{person.slug}/people/{person.user.pk}/"
    assert by.client.post(place, {"do": "close"}).status_code == 302
    for is_open in (False, True):
        assert not set_by_link(link).context["validlink"]
        assert calls(person) == 401
        assert client.get("/").url.startswith("/sign-in/")
        assert not signed_in(sign_in_fresh(person.user))
        if not is_open:
            assert by.client.post(place, {"do": "link"}).status_code == 403
            opened = by.client.post(place, {"do": "open"})
    set_by_link(opened.context["link"], OTHER)
    assert sign_in(Client(), person.user, OTHER).url == "/"
    assert calls(person) == 401


def sign_in_fresh(user):
    client = Client()
    sign_in(client, user)
    return client


def test_link_made_for_a_closed_account_by_the_command_is_dead(person):
    User.objects.filter(pk=person.user.pk).update(is_active=False)
    made = command("create_user", person.name, project=person.slug)
    assert not set_by_link(made["invite_url"]).context["validlink"]


def test_token_without_a_grant_is_refused():
    user = User.objects.create(username=f"bare-{next(numbers)}")
    _, secret = AuthToken.objects.create(user)
    answer = Client(headers={"authorization": f"Token {secret}"}).get("/api/v1/projects/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "authentication_failed")
