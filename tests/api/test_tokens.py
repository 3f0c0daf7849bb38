"""Tokens: what they may do, where, how long, how often; made and ended on a page."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from corpus.models import Event, TokenGrant
from tests.adjudication.disputes import case_of, disputed_project
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import make_project


def make(visitor, *scopes, **fields):
    """Make a token on the page, and give a client that sends it."""
    wish = {"name": "nightly", "scopes": scopes, "project": "", "days": "30"} | fields
    page = visitor.client.post("/account/tokens/", wish)
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
def test_a_token_does_what_it_is_good_for_and_nothing_else(tmp_path, scope):
    lead = Visitor(disputed_project(tmp_path), "lead")
    client = make(lead, scope)
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


def test_a_token_of_one_project_finds_no_other(tmp_path):
    ours, theirs = disputed_project(tmp_path), make_project()
    admin = Visitor(ours, "admin")
    client = make(admin, *CALLS, project=ours.slug)
    assert [each["slug"] for each in client.get("/api/v1/projects/").json()] == [ours.slug]
    assert client.get(f"/api/v1/projects/{theirs.slug}/items/").status_code == 404
    assert client.get(f"/api/v1/cases/{case_of(ours).pk}/").status_code == 200
    everywhere = make(admin, *CALLS)
    assert everywhere.get(f"/api/v1/projects/{theirs.slug}/items/").status_code == 200


def test_it_is_shown_once_kept_as_a_hash_and_expires():
    visitor = Visitor(make_project(), "lead")
    client = make(visitor, "read", days="1")
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


def test_its_person_or_an_admin_ends_it_at_once_and_nobody_else():
    project = make_project()
    visitor, stranger, admin = Visitor(project), Visitor(project), Visitor(project, "admin")
    for end in ("person", "admin"):
        client = make(visitor, "read")
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


@pytest.mark.parametrize(
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
def test_what_makes_no_sense_is_said_at_its_field(wrong):
    visitor = Visitor(make_project())
    for fields in (wrong, {"project": make_project().slug}):
        wish = {"name": "nightly", "scopes": ["read"], "project": "", "days": "30"} | fields
        page = visitor.client.post("/account/tokens/", wish)
        assert (page.status_code, list(page.context["form"].errors)) == (422, list(fields))
    assert not TokenGrant.objects.filter(token__user=visitor.user).exists()


def test_too_many_heavy_calls_have_to_wait_and_light_ones_go_on(settings):
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
