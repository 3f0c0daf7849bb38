"""Single sign-on against a real provider on this machine: accounts, roles by groups, and what goes wrong."""

from urllib.parse import parse_qs, urlsplit

import oidc_provider_mock
import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.test import Client

from config.oidc import ROLES, Oidc, read_oidc
from corpus.actions import may_send_link
from corpus.errors import Refused
from corpus.models import Event, Member, SiteAdmin
from tests.annotation.people import Visitor
from tests.config.test_sign_in import PASSWORD, make_person, sign_in, signed_in
from tests.factories import command, make_project, numbers
from tests.ports import unused_port
from workspace.models import GroupRole


@pytest.fixture(autouse=True)
def unblocked(django_db_blocker):
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="module")
def provider():
    with oidc_provider_mock.run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def use(settings):
    """Return a function that sets up a provider as the environment would."""

    def set_up(url, **more):
        settings.OIDC = Oidc(url=url, client_id="assize", secret="of the test", name="Example ID", **more)
        settings.SOCIALACCOUNT_PROVIDERS = settings.OIDC.providers()

    return set_up


def tell(provider, subject, **claims):
    """Have the provider know a person."""
    assert requests.put(f"{provider}/users/{subject}", json=claims, timeout=10).status_code == 204


def begin(client, *, then="", process=""):
    """Press the button; return the provider's address that the page goes on to."""
    page = client.post("/sign-in/oidc/" + (f"?process={process}" if process else ""), {"next": then} if then else {})
    assert page.status_code == 200, page.content.decode()
    return page.context["address"]


def return_from(provider, address, subject):
    """Sign in at the provider; return the path of the callback that it sends the browser to."""
    answer = requests.post(address, data={"sub": subject}, allow_redirects=False, timeout=10)
    back = urlsplit(answer.headers["Location"])
    assert back.path == "/sign-in/oidc/callback/"
    return f"{back.path}?{back.query}"


def enter(provider, subject, client=None, **options):
    client = client or Client()
    return client, client.get(return_from(provider, begin(client, **options), subject))


def new_name():
    return f"single-{next(numbers)}"


def test_first_sign_in_makes_an_account(provider, use):
    use(provider)
    name = new_name()
    tell(provider, f"sub-{name}", preferred_username=name, email=f"{name}@example.org", name="Robin Reed")

    client, response = enter(provider, f"sub-{name}", then="/account/tokens/")

    assert (response.status_code, response.url) == (302, "/account/tokens/")
    assert signed_in(client)
    user = User.objects.get(username=name)
    assert not user.has_usable_password()
    # So nobody but a site admin makes a link that sets a password for it.
    admin = Visitor(make_project(), "admin")
    Member.objects.create(project=admin.project, user=user, role="annotator")
    assert user.last_login
    assert not may_send_link(user, admin.user)
    assert (user.email, user.first_name, user.last_name) == ("", "", "")
    kept = SocialAccount.objects.get(user=user)
    assert kept.extra_data == {}
    assert "sub-" not in kept.uid
    assert Event.objects.filter(verb="account.made", subject=name).count() == 1

    assert signed_in(enter(provider, f"sub-{name}")[0])
    assert User.objects.filter(username__startswith=name).count() == 1


def test_button_leads_on_without_a_redirect(provider, use):
    # Browsers hold redirects after a form to the policy's form-action; Keycloak and others redirect further.
    use(provider)
    page = Client().post("/sign-in/oidc/")
    text = page.content.decode()
    assert page.status_code == 200
    assert f'<meta http-equiv="refresh" content="0; url={provider}/oauth2/authorize?' in text
    assert "code_challenge=" in text
    assert "Sign in with Example ID" in Client().get("/sign-in/").content.decode()
    assert Client().get("/sign-in/oidc/").url == "/sign-in/"


def test_groups_give_and_take_roles(provider, use):
    first, second = make_project(), make_project()
    use(
        provider,
        roles={
            "safety": [f"{first.slug}:annotator", f"{second.slug}:adjudicator"],
            "leads": [f"{first.slug}:lead", "not-there:lead"],
            "it": ["site-admin"],
        },
    )
    name = new_name()
    tell(provider, name, preferred_username=name, groups=["safety", "leads", "it", "unknown", 7, None])
    enter(provider, name)
    user = User.objects.get(username=name)

    def roles():
        return dict(Member.objects.filter(user=user).values_list("project__slug", "role"))

    assert roles() == {first.slug: "lead", second.slug: "adjudicator"}
    assert SiteAdmin.objects.filter(user=user).exists()

    tell(provider, name, preferred_username=name, groups="safety")
    enter(provider, name)
    assert roles() == {first.slug: "annotator", second.slug: "adjudicator"}
    assert not SiteAdmin.objects.filter(user=user).exists()

    tell(provider, name, preferred_username=name, groups=None)
    enter(provider, name)
    assert roles() == {}
    assert not GroupRole.objects.filter(user=user).exists()
    verbs = list(Event.objects.filter(subject=name, project=first).order_by("pk").values_list("verb", flat=True))
    assert verbs == ["member.added", "member.added", "member.removed"]


def test_roles_given_by_hand_stay(provider, use):
    project = make_project()
    use(provider, roles={"leads": [f"{project.slug}:lead"]})
    name = new_name()
    tell(provider, name, preferred_username=name, groups=[])
    enter(provider, name)
    Member.objects.create(project=project, user=User.objects.get(username=name), role="annotator")

    for groups in (["leads"], []):
        tell(provider, name, preferred_username=name, groups=groups)
        enter(provider, name)
        assert Member.objects.get(project=project, user__username=name).role == "annotator"


def test_roles_that_a_group_gave_and_an_admin_changed_stay(provider, use):
    """On the page, by the command, and after a removal, whatever the groups are then."""
    changed, commanded, removed = projects = [make_project() for _ in range(3)]
    use(provider, roles={"safety": [f"{project.slug}:annotator" for project in projects], "it": ["site-admin"]})
    name = new_name()
    tell(provider, name, preferred_username=name, groups=["safety", "it"])
    enter(provider, name)
    user = User.objects.get(username=name)
    admin = Visitor(changed, "site-admin")
    page = f"/projects/{{}}/people/{user.pk}/"
    assert admin.client.post(page.format(changed.slug), {"role": "lead"}).status_code == 302
    assert admin.client.post(page.format(changed.slug), {"do": "no-site-admin"}).status_code == 302
    assert admin.client.post(page.format(changed.slug), {"do": "make-site-admin"}).status_code == 302
    assert command("create_user", name, role="adjudicator", project=commanded.slug).code == 0
    tell(provider, name, preferred_username=name, groups=[])
    assert admin.client.post(page.format(removed.slug), {"do": "remove"}).status_code == 302
    invited = admin.client.post(f"/projects/{removed.slug}/people/invite/", {"username": name, "role": "lead"})
    assert invited.status_code == 200
    for groups in (["safety"], []):
        tell(provider, name, preferred_username=name, groups=groups)
        enter(provider, name)
        roles = dict(Member.objects.filter(user=user).values_list("project__slug", "role"))
        assert roles == {changed.slug: "lead", commanded.slug: "adjudicator", removed.slug: "lead"}
        assert SiteAdmin.objects.filter(user=user).exists()


def test_last_site_admin_stays_one(provider, use):
    use(provider, roles={"it": ["site-admin"]})
    name = new_name()
    tell(provider, name, preferred_username=name, groups=["it"])
    enter(provider, name)
    SiteAdmin.objects.exclude(user__username=name).delete()

    tell(provider, name, preferred_username=name, groups=[])
    enter(provider, name)
    assert SiteAdmin.objects.filter(user__username=name).exists()


def test_name_that_is_taken_is_not_taken_over(provider, use):
    use(provider)
    owner = make_person()
    tell(provider, "somebody-else", preferred_username=owner.username.upper())

    client, refused = enter(provider, "somebody-else")

    assert refused.status_code == 403
    assert f"There is an account {owner.username!r} already" in refused.content.decode().replace("&#x27;", "'")
    assert not signed_in(client)
    assert not SocialAccount.objects.filter(user=owner).exists()


def test_owner_connects_their_account_with_the_password(provider, use):
    use(provider)
    owner = make_person()
    client = Client()
    sign_in(client, owner)
    subject = f"connected-{owner.username}"
    tell(provider, subject, preferred_username="another name")

    back = return_from(provider, begin(client, process="connect"), subject)
    answer = client.get(back)
    assert answer.url == "/account/reauthenticate/"
    assert not SocialAccount.objects.filter(user=owner).exists()
    client.post(answer.url, {"password": PASSWORD})
    assert "You can sign in with" in client.get("/account/single-sign-on/").content.decode()
    assert Event.objects.filter(verb="account.connected", subject=owner.username).count() == 1
    other, _ = enter(provider, subject)
    assert other.session["_auth_user_id"] == str(owner.pk)

    kept = SocialAccount.objects.get(user=owner)
    assert client.post("/account/single-sign-on/", {"account": kept.pk}).status_code == 302
    assert not SocialAccount.objects.filter(user=owner).exists()
    assert Event.objects.filter(verb="account.disconnected", subject=owner.username).count() == 1


def test_account_without_password_cannot_be_disconnected(provider, use):
    use(provider)
    name = new_name()
    tell(provider, name, preferred_username=name)
    client, _ = enter(provider, name)
    kept = SocialAccount.objects.get(user__username=name)

    page = client.post("/account/single-sign-on/", {"account": kept.pk})

    assert page.status_code == 200
    assert 'role="alert"' in page.content.decode()
    assert SocialAccount.objects.filter(pk=kept.pk).exists()


def test_admin_connects_an_account_by_command(provider, use):
    use(provider)
    owner, other = make_person(), make_person()
    assert command("connect_account", owner.username, subject=f"by-{owner.username}") == {"user": owner.username}
    again = command("connect_account", other.username, subject=f"by-{owner.username}")
    assert again.code == 2
    assert f"account {owner.username} already" in again.stderr
    tell(provider, f"by-{owner.username}", preferred_username="whatever")
    client, _ = enter(provider, f"by-{owner.username}")
    assert client.session["_auth_user_id"] == str(owner.pk)
    assert command("connect_account", "nobody-here", subject="x").code == 2
    use("")
    assert "OIDC_URL" in command("connect_account", owner.username, subject="x").stderr


def test_closed_and_anonymised_accounts_stay_out(provider, use):
    use(provider)
    name = new_name()
    tell(provider, name, preferred_username=name)
    enter(provider, name)
    User.objects.filter(username=name).update(is_active=False)
    client, response = enter(provider, name)
    assert response.url == "/account/inactive/"
    assert not signed_in(client)

    User.objects.filter(username=name).update(is_active=True)
    former = User.objects.get(username=name)
    assert command("anonymise_user", name).code == 0
    assert not SocialAccount.objects.filter(user=former).exists()
    client, _ = enter(provider, name)
    assert client.session["_auth_user_id"] == str(User.objects.get(username=name).pk) != str(former.pk)


def test_passwords_can_be_switched_off(provider, use, settings):
    use(provider)
    person, emergency = make_person(), make_person()
    SiteAdmin.objects.create(user=emergency)
    settings.LOCAL_SIGN_IN = False
    settings.EMERGENCY_ADMIN = emergency.username.upper()

    client = Client()
    refused = sign_in(client, person).content.decode()
    assert "Passwords are switched off here" in refused
    assert sign_in(client, f"nobody-{next(numbers)}").content.decode().count("Passwords are switched off") == 1
    assert not signed_in(client)
    assert sign_in(client, emergency).url == "/"
    assert Event.objects.filter(verb="account.emergency_sign_in", subject=emergency.username).count() == 1
    SiteAdmin.objects.filter(user=emergency).delete()
    assert sign_in(Client(), emergency).status_code == 403
    name = new_name()
    tell(provider, name, preferred_username=name)
    assert signed_in(enter(provider, name)[0])


@pytest.mark.parametrize(
    "claims", [{}, {"preferred_username": ""}, {"preferred_username": ["a"]}, {"preferred_username": None}]
)
def test_missing_name_is_explained(provider, use, claims):
    use(provider)
    subject = f"nameless-{next(numbers)}"
    tell(provider, subject, **claims)
    client, refused = enter(provider, subject)
    assert refused.status_code == 403
    assert "OIDC_USERNAME_CLAIM" in refused.content.decode()
    assert not signed_in(client)


@pytest.mark.parametrize("name", ["two words", "<b>bold</b>", "x" * 151, "tab\tbed", "\N{RIGHT-TO-LEFT OVERRIDE}evil"])
def test_hostile_names_are_refused(provider, use, name):
    use(provider)
    subject = f"hostile-{next(numbers)}"
    tell(provider, subject, preferred_username=name)
    client, refused = enter(provider, subject)
    assert refused.status_code == 403
    assert "<b>bold" not in refused.content.decode()
    assert not signed_in(client)


def test_another_provider_is_another_person(provider, use, settings):
    use(provider)
    name = new_name()
    tell(provider, name, preferred_username=name)
    enter(provider, name)
    use(provider.replace("localhost", "127.0.0.1"))

    _, refused = enter(provider, name)

    assert refused.status_code == 403  # its name is taken by the first provider's person


@pytest.mark.parametrize("query", ["", "?code=x", "?code=x&state=forged", "?error=server_error&state=x"])
def test_forged_callbacks_are_refused(provider, use, query):
    use(provider)
    client = Client()
    answer = client.get("/sign-in/oidc/callback/" + query)
    assert answer.status_code == 401
    assert "Back to sign-in" in answer.content.decode()
    assert not signed_in(client)


def test_callback_works_once_and_in_its_browser(provider, use):
    use(provider)
    name = new_name()
    tell(provider, name, preferred_username=name)
    client = Client()
    back = return_from(provider, begin(client), name)
    assert Client().get(back).status_code == 401
    assert client.get(back).status_code == 302
    again = Client()
    assert again.get(back).status_code == 401


def test_stop_at_the_provider(provider, use):
    use(provider)
    client = Client()
    state = parse_qs(urlsplit(begin(client)).query)["state"][0]
    answer = client.get(f"/sign-in/oidc/callback/?error=access_denied&state={state}")
    assert "You stopped at" in client.get(answer.url).content.decode()


def test_provider_that_is_away(provider, use):
    use(f"http://127.0.0.1:{unused_port()}")
    away = Client().post("/sign-in/oidc/")
    assert away.status_code == 502
    assert "cannot be reached" in away.content.decode()

    use(provider + "/nothing-here")
    assert Client().post("/sign-in/oidc/").status_code == 502
    use("")
    assert Client().post("/sign-in/oidc/").status_code == 404
    assert "Sign in with" not in Client().get("/sign-in/").content.decode()


def test_foreign_addresses_are_not_followed(provider, use):
    use(provider)
    name = new_name()
    tell(provider, name, preferred_username=name)
    assert enter(provider, name, then="https://evil.example/")[1].url == "/"


def test_settings_are_checked(monkeypatch):
    def read(**variables):
        for name in ("URL", "CLIENT_ID", "ROLES"):
            monkeypatch.delenv(f"OIDC_{name}", raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(f"OIDC_{name}", value)
        return read_oidc()

    assert read().providers() == {}
    known = {"URL": "https://id.example.org/realms/one/", "CLIENT_ID": "assize"}
    assert read(**known, ROLES='{"it": "site-admin", "a,b=c": ["x:lead"]}').roles == {
        "it": ["site-admin"],
        "a,b=c": ["x:lead"],
    }
    for wrong, named in [
        ({"URL": "id.example.org"}, "OIDC_URL"),
        ({"URL": "https://id.example.org"}, "OIDC_CLIENT_ID"),
        ({**known, "ROLES": "{"}, "OIDC_ROLES is not JSON"),
        ({**known, "ROLES": "[]"}, "OIDC_ROLES is not an object"),
        ({**known, "ROLES": '{"it": "x:boss"}'}, "'x:boss'"),
        ({**known, "ROLES": '{"it": [":lead"]}'}, "':lead'"),
        ({**known, "ROLES": '{"it": [null]}'}, "None"),
    ]:
        with pytest.raises(Refused, match=named.replace("[", r"\[")):
            read(**wrong)
    assert list(ROLES) == Member.Role.values
