"""API tokens: scopes, projects, expiry and throttling; created and revoked on a page."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from corpus.models import Event, TokenGrant
from tests.adjudication.disputes import case_of, disputed_project
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.cases import cases
from tests.factories import make_project


def make_client(visitor, *scopes, **fields):
    """Create a token on the page, and return a client that sends it."""
    fields_posted = {"name": "nightly", "scopes": scopes, "project": "", "days": "30"} | fields
    page = visitor.client.post("/account/tokens/", fields_posted)
    assert page.status_code == 200, page.content
    return Client(headers={"authorization": f"Token {page.context['secret']}"})


CALLS = {
    "read": ("get", "items/"),
    "label": ("post", "next/"),
    "settle": ("post", "cases/next/"),
    "jury": ("post", "jury-runs/"),
    "data": ("post", "recount/"),
}


@pytest.mark.parametrize("scope", CALLS)
def test_token_is_limited_to_its_scope(tmp_path, scope):
    lead = Visitor(disputed_project(tmp_path), "lead")
    client = make_client(lead, scope)
    for other, (method, route) in CALLS.items():
        place = f"/api/v1/projects/{lead.project.slug}/{route}"
        answer = getattr(client, method)(place, **({"content_type": "application/json"} if method == "post" else {}))
        if other == scope:
            assert answer.status_code in (200, 204, 409), (other, answer.content)
        else:
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "permission_denied"), (
                other,
                answer.content,
            )
            assert other in answer.json()["error"]["message"]


def test_token_is_limited_to_its_project(tmp_path):
    ours, theirs = disputed_project(tmp_path), make_project()
    admin = Visitor(ours, "site-admin")
    client = make_client(admin, *CALLS, project=ours.slug)
    assert [each["slug"] for each in client.get("/api/v1/projects/").json()] == [ours.slug]
    assert client.get(f"/api/v1/projects/{theirs.slug}/items/").status_code == 404
    assert client.get(f"/api/v1/cases/{case_of(ours).pk}/").status_code == 200
    everywhere = make_client(admin, *CALLS)
    assert everywhere.get(f"/api/v1/projects/{theirs.slug}/items/").status_code == 200


def test_token_is_shown_once_and_expires():
    visitor = Visitor(make_project(), "lead")
    client = make_client(visitor, "read", days="1")
    secret = client.defaults["HTTP_AUTHORIZATION"].split()[1]
    page = visitor.client.get("/account/tokens/")
    assert secret not in page.content.decode()
    assert "nightly" in page.content.decode()
    [grant] = page.context["grants"]
    assert secret not in repr(AuthToken.objects.filter(user=visitor.user).values())
    assert timedelta(hours=23) < grant.token.expiry - timezone.now() <= timedelta(days=1)
    assert grant.last_used_at is None
    assert client.get("/api/v1/projects/").status_code == 200
    assert TokenGrant.objects.get(pk=grant.pk).last_used_at is not None
    AuthToken.objects.filter(pk=grant.token_id).update(expiry=timezone.now() - timedelta(seconds=1))
    assert client.get("/api/v1/projects/").status_code == 401
    assert "expired" in visitor.client.get("/account/tokens/").content.decode()


def test_user_or_admin_revokes_a_token():
    project = make_project()
    visitor, stranger, admin = Visitor(project), Visitor(project), Visitor(project, "site-admin")
    for end in ("person", "admin"):
        client = make_client(visitor, "read")
        grant = TokenGrant.objects.get(token__user=visitor.user)
        assert stranger.client.post(f"/account/tokens/{grant.pk}/revoke/").status_code == 404
        assert client.get("/api/v1/projects/").status_code == 200
        if end == "person":
            visitor.client.post(f"/account/tokens/{grant.pk}/revoke/")
        else:
            assert "nightly" in admin.get(f"people/{visitor.user.pk}/").content.decode()
            for wrong in ("", "x", "0", str(grant.pk + 1)):
                assert admin.post(f"people/{visitor.user.pk}/", do="revoke", grant=wrong).status_code == 404
            admin.post(f"people/{visitor.user.pk}/", do="revoke", grant=grant.pk)
        assert client.get("/api/v1/projects/").status_code == 401
    verbs = Event.objects.filter(verb__startswith="token.", subject=visitor.name).order_by("-pk")[:4]
    assert [each.verb for each in verbs] == ["token.revoked", "token.made"] * 2
    assert {verbs[0].actor, verbs[2].actor} == {admin.user, visitor.user}


@cases(
    "wrong",
    [
        {"scopes": []},
        {"scopes": ["all"]},
        {"days": "0"},
        {"days": "366"},
        {"days": "x"},
        {"name": " "},
        {"project": "nowhere"},
    ],
)
def test_invalid_token_form_names_the_field(wrong):
    visitor = Visitor(make_project())
    for fields in (wrong, {"project": make_project().slug}):
        fields_posted = {"name": "nightly", "scopes": ["read"], "project": "", "days": "30"} | fields
        page = visitor.client.post("/account/tokens/", fields_posted)
        assert (page.status_code, list(page.context["form"].errors)) == (422, list(fields))
    assert not TokenGrant.objects.filter(token__user=visitor.user).exists()


def test_heavy_calls_are_throttled(settings):
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {
        "DEFAULT_THROTTLE_RATES": {"pace": "100/hour", "heavy": "2/hour"}
    }
    lead, other = (Program(make_project(), "lead") for _ in range(2))
    answers = [lead.post(f"projects/{lead.slug}/recount/").status_code for _ in range(3)]
    late = lead.post(f"projects/{lead.slug}/recount/")
    assert answers == [200, 200, 429]
    assert late.json()["error"]["code"] == "throttled"
    assert 0 < int(late["Retry-After"]) <= 3600
    assert lead.get("projects/").status_code == 200
    assert other.post(f"projects/{other.slug}/recount/").status_code == 200
