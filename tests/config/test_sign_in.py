"""Sign-in: passwords, second factors, lockout, and accounts by invitation only."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.auth.models import User
from django.test import Client

from tests.annotation.test_leases import at_once
from tests.factories import command, numbers

PASSWORD = "correct horse battery"
WRONG = "That username and password do not belong together."
LOCKED = "Too many failed tries. Wait five minutes"


@pytest.fixture(autouse=True)
def unblocked(django_db_blocker):
    with django_db_blocker.unblock():
        yield


def make_person(name=None):
    """Somebody who was invited and has set a password."""
    name = name or f"signer-{next(numbers)}"
    made = command("create_user", name)
    assert made.code == 0, made.stderr
    person = User.objects.get(username=name)
    person.set_password(PASSWORD)
    person.save(update_fields=["password"])
    return person


def sign_in(client, person, password=PASSWORD, **more):
    return client.post("/sign-in/", {"login": getattr(person, "username", person), "password": password, **more})


def signed_in(client):
    return "_auth_user_id" in client.session


def code_now(secret):
    """The code an app would show; tests/settings.py lets it run out on the way."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def wrong_code(secret):
    return f"{(int(code_now(secret)) + 1) % 10**6:06}"


def add_app(client):
    """Add an authenticator app as a person does; give its secret."""
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    page = client.get("/account/2fa/totp/activate/")
    assert b'src="data:image/svg+xml;base64,' in page.content
    secret = page.context["form"].secret
    refused = client.post("/account/2fa/totp/activate/", {"code": wrong_code(secret)})
    assert "That is not right, or no longer" in refused.content.decode()
    added = client.post("/account/2fa/totp/activate/", {"code": code_now(secret)})
    assert added.url == "/account/2fa/recovery-codes/"
    return secret


def test_right_password_signs_in(client):
    person = make_person()
    assert client.get("/sign-in/").status_code == 200
    assert client.get("/").url.startswith("/sign-in/")

    assert sign_in(client, person).url == "/"
    assert client.get("/").url.startswith("/consent/")
    assert client.post("/consent/", {"next": "/", "is_adult": "yes"}).url == "/"
    assert client.get("/").status_code == 200
    assert client.get("/sign-in/").url == "/"

    assert client.post("/sign-out/").url == "/sign-in/"
    assert not signed_in(client)


def test_wrong_password_does_not_reveal_accounts(client):
    known = sign_in(client, make_person(), "something else").context["form"].errors
    unknown = sign_in(client, f"nobody-{next(numbers)}", "something else").context["form"].errors

    assert known == unknown == {"__all__": [WRONG]}
    assert not signed_in(client)


def test_sixth_attempt_is_refused(client):
    person, colleague = make_person(), make_person()
    for _ in range(5):
        assert WRONG in sign_in(client, person, "something else").content.decode()

    assert LOCKED in sign_in(client, person).content.decode()
    assert LOCKED in sign_in(client, person.username.upper()).content.decode()
    elsewhere = client.post(
        "/sign-in/", {"login": person.username, "password": PASSWORD}, headers={"host": "localhost"}
    )
    assert LOCKED in elsewhere.content.decode()
    assert not signed_in(client)
    assert sign_in(client, colleague).url == "/"


def test_unknown_account_is_locked_too(client):
    name = f"nobody-{next(numbers)}"
    for _ in range(5):
        sign_in(client, name, "something else")

    assert LOCKED in sign_in(client, name, "something else").content.decode()


def test_forged_address_gives_no_more_attempts(client):
    assert settings.ALLAUTH_TRUSTED_PROXY_COUNT == 0
    person = make_person()
    forged = [{"x-forwarded-for": f"10.0.0.{number}"} for number in range(6)]
    tries = [{"login": person.username, "password": "something else"}] * 5
    for each, headers in zip(tries, forged, strict=False):
        client.post("/sign-in/", each, headers=headers)

    last = client.post("/sign-in/", {"login": person.username, "password": PASSWORD}, headers=forged[5])
    assert LOCKED in last.content.decode()


def test_attempts_are_limited_by_address(client):
    empty = {"login": "", "password": ""}
    for _ in range(120):
        assert client.post("/sign-in/", empty, REMOTE_ADDR="192.0.2.1").status_code == 200

    refused = client.post("/sign-in/", empty, REMOTE_ADDR="192.0.2.1")
    assert refused.status_code == 429
    assert "Wait a few minutes" in refused.content.decode()
    assert client.get("/sign-in/", REMOTE_ADDR="192.0.2.1").status_code == 200
    assert client.post("/sign-in/", empty, REMOTE_ADDR="192.0.2.2").status_code == 200


def test_requests_that_bypass_our_proxies_are_refused(client, settings):
    settings.TRUSTED_PROXY_COUNT = 2
    for header in ({}, {"x-forwarded-for": ""}, {"x-forwarded-for": "10.0.0.1"}, {"x-forwarded-for": " , 10.0.0.1"}):
        page, rest = client.get("/sign-in/", headers=header), client.get("/api/v1/projects/", headers=header)
        assert (page.status_code, rest.status_code, rest.json()["error"]["code"]) == (403, 403, "permission_denied")
        assert "did not come through" in page.content.decode()
        assert client.get("/readyz", headers=header).status_code == 200
    assert client.get("/sign-in/", headers={"x-forwarded-for": "192.0.2.1, 10.0.0.1"}).status_code == 200


def test_address_added_by_our_proxy_counts(client, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    empty = {"login": "", "password": ""}

    def try_from(address):
        header = f"198.51.100.7, {address}"
        return client.post("/sign-in/", empty, REMOTE_ADDR="192.0.2.3", headers={"x-forwarded-for": header}).status_code

    assert {try_from("192.0.2.4") for _ in range(120)} == {200}
    assert try_from("192.0.2.4") == 429
    assert try_from("192.0.2.5") == 200


def test_sign_up_is_closed(client):
    name, before = f"intruder-{next(numbers)}", User.objects.count()
    wanted = {"username": name, "password1": PASSWORD, "password2": PASSWORD}

    for response in (client.get("/account/signup/"), client.post("/account/signup/", wanted)):
        assert "Accounts are by invitation" in response.content.decode()
    assert User.objects.count() == before
    assert not signed_in(client)


@pytest.mark.parametrize("path", ["password/reset/", "email/", "confirm-email/", "login/code/"])
def test_there_are_no_mail_pages(client, path):
    assert client.get(f"/account/{path}").status_code == 404


def test_old_sign_in_address_redirects(client):
    assert client.get("/account/login/?next=/account/2fa/").url == "/sign-in/?next=/account/2fa/"


def test_sign_in_asks_for_a_code_after_setup(client):
    person = make_person()
    sign_in(client, person)
    secret = add_app(client)
    client.post("/sign-out/")

    assert sign_in(client, person).url == "/account/2fa/authenticate/"
    assert not signed_in(client)
    assert client.get("/account/2fa/").url.startswith("/sign-in/")
    refused = client.post("/account/2fa/authenticate/", {"code": wrong_code(secret)})
    assert "That is not right, or no longer" in refused.content.decode()
    assert not signed_in(client)

    code = code_now(secret)
    assert client.post("/account/2fa/authenticate/", {"code": code}).url == "/"
    assert signed_in(client)

    client.post("/sign-out/")
    sign_in(client, person)
    again = client.post("/account/2fa/authenticate/", {"code": code})
    assert "That is not right, or no longer" in again.content.decode()


def test_five_wrong_codes_lock(client):
    person = make_person()
    sign_in(client, person)
    secret = add_app(client)
    client.post("/sign-out/")
    sign_in(client, person)
    for _ in range(5):
        client.post("/account/2fa/authenticate/", {"code": wrong_code(secret)})

    refused = client.post("/account/2fa/authenticate/", {"code": code_now(secret)})
    assert LOCKED in refused.content.decode()
    assert not signed_in(client)


def test_recovery_code_works_once(client):
    person = make_person()
    sign_in(client, person)
    add_app(client)
    codes = client.get("/account/2fa/recovery-codes/").context["unused_codes"]
    assert len(codes) == 10
    client.post("/sign-out/")

    sign_in(client, person)
    assert client.post("/account/2fa/authenticate/", {"code": codes[0]}).url == "/"
    client.post("/sign-out/")
    sign_in(client, person)
    again = client.post("/account/2fa/authenticate/", {"code": codes[0]})

    assert "That is not right, or no longer" in again.content.decode()
    assert not signed_in(client)


@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_code_sent_from_two_tabs_at_once_signs_one_in(client, kind):
    person = make_person()
    sign_in(client, person)
    secret = add_app(client)
    recovery = client.get("/account/2fa/recovery-codes/").context["unused_codes"][0]
    tabs = [Client(), Client()]
    for tab in tabs:
        assert sign_in(tab, person).url == "/account/2fa/authenticate/"
    code = code_now(secret) if kind == "app" else recovery
    at_once(*[lambda tab=tab: tab.post("/account/2fa/authenticate/", {"code": code}) for tab in tabs])
    assert sorted(signed_in(tab) for tab in tabs) == [False, True]


@pytest.mark.parametrize("page", ["totp/deactivate/", "recovery-codes/generate/", "webauthn/add/"])
def test_no_second_factor_changes_without_a_fresh_password(client, page):
    person = make_person()
    sign_in(client, person)
    add_app(client)
    session = client.session
    session["account_authentication_methods"] = [
        each | {"at": each["at"] - 3600} for each in session["account_authentication_methods"]
    ]
    session.save()
    for response in (client.get(f"/account/2fa/{page}"), client.post(f"/account/2fa/{page}")):
        assert "/reauthenticate/" in response.url
    assert Authenticator.objects.filter(user=person).count() == 2


def test_removing_the_app_needs_the_password(client):
    person = make_person()
    sign_in(client, person)
    add_app(client)
    client.post("/sign-out/")
    Authenticator.objects.filter(user=person, type="recovery_codes").delete()
    sign_in(client, person)
    totp = Authenticator.objects.get(user=person).wrap()
    client.post("/account/2fa/authenticate/", {"code": code_now(totp.instance.data["secret"])})

    assert "/account/reauthenticate/" in client.get("/account/2fa/totp/deactivate/").url
    assert (
        "That is not your password"
        in client.post("/account/reauthenticate/", {"password": "something else"}).content.decode()
    )
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    assert client.post("/account/2fa/totp/deactivate/").url == "/account/2fa/"
    assert not Authenticator.objects.filter(user=person).exists()


def test_closed_account_cannot_sign_in(client):
    person = make_person()
    person.is_active = False
    person.save(update_fields=["is_active"])

    assert WRONG in sign_in(client, person, "something else").content.decode()
    response = client.get(sign_in(client, person).url)
    assert "This account is closed" in response.content.decode()
    assert not signed_in(client)


def test_session_ends_with_its_account(client):
    """Closed or removed, by the next page; and one that an earlier version began asks to sign in once more."""

    def opens(person):
        sign_in(client, person)
        return client.get("/").url.startswith("/consent/")

    def asks():
        return client.get("/").url.startswith("/sign-in/")

    closed, removed, before = make_person(), make_person(), make_person()
    assert opens(closed)
    User.objects.filter(pk=closed.pk).update(is_active=False)
    assert asks()
    assert opens(removed)
    removed.delete()
    assert asks()
    assert opens(before)
    session = client.session
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session.save()
    assert asks()
    assert opens(before)


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "http://localhost/x"]
)
def test_sign_in_redirects_only_to_our_host(client, elsewhere):
    assert sign_in(client, make_person(), next=elsewhere).url == "/"
    assert client.post("/sign-out/", {"next": elsewhere}).url == "/sign-in/"
    assert sign_in(client, make_person(), next="/account/2fa/").url == "/account/2fa/"


def test_changing_the_password_needs_the_old_one(client):
    person = make_person()
    sign_in(client, person)
    new = {"password1": "another horse battery", "password2": "another horse battery"}

    refused = client.post("/account/password/", {"oldpassword": "something else", **new})
    assert "That is not your password" in refused.content.decode()
    assert client.post("/account/password/", {"oldpassword": PASSWORD, **new}).status_code == 302
    client.post("/sign-out/")
    assert sign_in(client, person, "another horse battery").url == "/"


def test_every_response_says_what_may_be_loaded(client, settings):
    settings.DEBUG = True
    policies = {
        client.get(path).headers.get("Content-Security-Policy") for path in ("/sign-in/", "/", "/api/v1/projects/")
    }
    [policy] = policies
    assert dict(part.strip().split(" ", 1) for part in policy.split(";")) == {
        name: " ".join(sources) for name, sources in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"].items()
    }
    assert "Content-Security-Policy" not in client.get("/nowhere/").headers  # Django's page about it has styles
    settings.DEBUG = False
    assert client.get("/nowhere/").headers["Content-Security-Policy"] == policy


def test_pages_have_no_inline_script_or_style(client):
    sign_in(client, make_person())
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    for path in ("", "totp/activate/", "webauthn/", "webauthn/add/"):
        response = client.get(f"/account/2fa/{path}")
        text = response.content.decode()
        assert response.status_code == 200, path
        assert "unsafe-inline" not in response.headers["Content-Security-Policy"]
        assert "<style" not in text
        assert " style=" not in text
        for script in re.findall(r"<script([^>]*)>", text):
            assert "src=" in script or "application/json" in script
