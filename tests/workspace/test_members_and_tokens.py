"""Members and tokens: invitations, roles, accounts, scopes and days, and publishing what generators wrote."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from knox.models import AuthToken

from corpus.actions import add_member, change_role, make_token, remove_member, revoke_token
from corpus.errors import Refused
from corpus.models import Event, Item, Member, TokenGrant
from corpus.queries import tokens_of
from jury.models import GeneratedResponse, Juror, PromptVersion, Run
from tests.annotation.people import Visitor
from tests.cases import cases
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, numbers, opinion
from workspace.actions import publish_generated
from workspace.queries.generated import items_lacking, projects_with_unpublished


def new_name():
    return f"person-{next(numbers)}"


@pytest.fixture
def admin():
    return Visitor(make_project(), "admin")


@cases("role", Member.Role.values)
def test_invited_person_has_the_role_and_no_password(admin, role):
    name = new_name()
    page = admin.post("people/invite/", username=name, role=role)
    user = User.objects.get(username=name)
    assert (page.status_code, user.has_usable_password(), "/invitation/" in page.context["link"]) == (200, False, True)
    assert Member.objects.get(project=admin.project, user=user).role == role
    event = Event.objects.get(project=admin.project, verb="member.added", subject=name)
    assert (event.actor, event.detail) == (admin.user, {"role": role, "token": False})


@cases(
    ("fields", "status"),
    [
        ({"username": "", "role": "lead"}, 422),
        ({"username": "x" * 151, "role": "lead"}, 422),
        ({"username": "ok", "role": "owner"}, 422),
        ({"username": "ok", "role": ""}, 422),
        ({"username": "a b", "role": "lead"}, 409),
        ({"username": "a/b", "role": "lead"}, 409),
        ({"username": "<b>", "role": "lead"}, 409),
    ],
)
def test_odd_invitation_is_refused(admin, fields, status):
    before = Member.objects.filter(project=admin.project).count()
    page = admin.post("people/invite/", **fields)
    assert page.status_code == status
    assert page.context["form"].errors
    assert (page.context["form"]["username"].value(), page.context["page"]) == (fields["username"], "members")
    assert Member.objects.filter(project=admin.project).count() == before


def test_member_is_not_invited_again(admin):
    """From a second tab, or by somebody who forgot: their role and their link stay."""
    name = new_name()
    admin.post("people/invite/", username=name, role="annotator")
    events = Event.objects.filter(project=admin.project).count()
    again = admin.post("people/invite/", username=name, role="lead")
    member = Member.objects.get(project=admin.project, user__username=name)
    assert (again.status_code, again.context["link"], member.role) == (409, "", "annotator")
    assert f"{name} is already a member, as annotator." in again.content.decode()
    assert f'/people/{member.user_id}/">Open the page of {name}' in again.content.decode()
    assert Event.objects.filter(project=admin.project).count() == events


def test_second_invitation_changes_the_role_and_keeps_one_membership(admin):
    name = new_name()
    for role in ("annotator", "lead", "annotator"):
        add_member(project=admin.project, username=name, role=role)
        assert [member.role for member in Member.objects.filter(project=admin.project, user__username=name)] == [role]


@pytest.mark.parametrize("do", ["remove", "role"])
def test_nobody_does_it_to_themselves(admin, do):
    fields = {"role": "annotator"} if do == "role" else {"do": do}
    assert admin.post(f"people/{admin.user.pk}/", **fields).status_code == 409
    assert Member.objects.get(project=admin.project, user=admin.user).role == "admin"
    with pytest.raises(Refused, match="You cannot do this to yourself"):
        add_member(project=admin.project, username=admin.name, role="annotator", by=admin.user)


def test_role_that_does_not_change_is_no_event(admin):
    person = Visitor(admin.project)
    change_role(project=admin.project, user=person.user, role="annotator", by=admin.user)
    assert not Event.objects.filter(verb="member.changed", subject=person.name).exists()
    change_role(project=admin.project, user=person.user, role="lead", by=admin.user)
    assert Event.objects.get(verb="member.changed", subject=person.name).detail == {"role": "lead"}


def test_removed_member_is_gone_from_the_project_alone(admin):
    person, other = Visitor(admin.project), make_project()
    add_member(project=other, username=person.name, role="lead")
    for _ in range(2):
        remove_member(project=admin.project, user=person.user, by=admin.user)
    assert person.get("work/").status_code == 404
    assert Member.objects.get(user=person.user).project == other
    assert Event.objects.filter(verb="member.removed", subject=person.name).count() == 1


@cases("role", ["annotator", "adjudicator", "lead"])
def test_members_are_for_admins(admin, role):
    person = Visitor(admin.project, role)
    assert person.get("people/").status_code == 403
    assert person.get(f"people/{admin.user.pk}/").status_code == 403
    assert person.post("people/invite/", username=new_name(), role="admin").status_code == 403
    assert person.post(f"people/{person.user.pk}/", role="admin").status_code == 403


@cases("days", [1, 90, 365])
def test_token_lives_its_days(admin, days):
    make_token(user=admin.user, name="t", days=days)
    left = tokens_of(admin.user)[0].token.expiry - timezone.now()
    assert timedelta(days=days) - timedelta(minutes=1) < left <= timedelta(days=days)


@cases("days", [0, -1, 366, 10**6])
def test_token_of_odd_days_is_refused(admin, days):
    with pytest.raises(Refused, match="A token lives 1 to 365 days"):
        make_token(user=admin.user, name="t", days=days)
    assert tokens_of(admin.user) == []


@cases(
    ("scopes", "kept"),
    [(["read"], ["read"]), (["data", "read"], ["read", "data"]), (["read", "read"], ["read"]), (["jury"], ["jury"])],
)
def test_scopes_are_kept_once_in_order(admin, scopes, kept):
    make_token(user=admin.user, name="t", scopes=scopes)
    assert tokens_of(admin.user)[0].scopes == kept


def test_token_without_scopes_is_refused(admin):
    with pytest.raises(Refused, match="may do nothing"):
        make_token(user=admin.user, name="t", scopes=[])


@cases(("seconds", "expired"), [(60, False), (-1, True), (-(10**7), True)])
def test_token_knows_whether_it_has_expired(admin, seconds, expired):
    make_token(user=admin.user, name="t")
    AuthToken.objects.filter(user=admin.user).update(expiry=timezone.now() + timedelta(seconds=seconds))
    assert tokens_of(admin.user)[0].has_expired is expired


def test_tokens_are_listed_newest_first_and_revoked_one_by_one(admin):
    for name in ("one", "two"):
        make_token(user=admin.user, name=name)
    assert [str(grant) for grant in tokens_of(admin.user)] == ["two", "one"]
    revoke_token(grant=TokenGrant.objects.get(token__user=admin.user, name="one"), by=admin.user)
    assert [str(grant) for grant in tokens_of(admin.user)] == ["two"]


def written_project(folder, *names, generates="responses", **row):
    """Items for which a generator wrote a text each that is not published."""
    project = make_project(quorum=1)
    import_dialogues(project, folder, [dialogue(name, response=False, **row) for name in names])
    prompt = PromptVersion.objects.filter(name__startswith="respond").first() or PromptVersion.objects.create(name="r")
    writer = Juror.objects.create(project=project, name="writer", model="m", prompt=prompt, asks=[], in_panel=False)
    run = Run.objects.create(project=project, generates=generates)
    for item in Item.objects.filter(project=project):
        GeneratedResponse.objects.create(
            item=item, juror=writer, run=run, outcome="cast", text=f"For {item}.", prompt=prompt, cast_at=timezone.now()
        )
    return project


def with_response(project):
    return sorted(Item.objects.filter(project=project, has_response=True).values_list("external_id", flat=True))


def test_unjudged_items_get_their_responses_once(tmp_path):
    project = written_project(tmp_path, "a", "b")
    assert project in projects_with_unpublished()
    first, again = publish_generated(project=project), publish_generated(project=project)
    assert [(each.responses, each.refusals, each.left) for each in (first, again)] == [(2, 0, 0), (0, 0, 0)]
    assert with_response(project) == ["a", "b"]
    assert project not in projects_with_unpublished()
    assert Event.objects.filter(project=project, verb="responses.published").count() == 1


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({"outcome": "failed", "text": ""}, 0),
        ({"outcome": "abstained", "text": ""}, 0),
        ({"is_current": False}, 0),
        ({"run": None}, 0),
    ],
)
def test_what_is_no_current_text_is_not_published(tmp_path, change, left):
    project = written_project(tmp_path, "a")
    GeneratedResponse.objects.filter(item__project=project).update(**change)
    published = publish_generated(project=project)
    assert (published.responses, published.left, with_response(project)) == (0, left, [])


@pytest.mark.parametrize("rater", ["ada", "model-x"])
def test_judged_item_stays_as_it_was_judged(tmp_path, rater):
    project = written_project(tmp_path, "a", "b")
    import_votes(project, tmp_path, [opinion("a", rater)])
    published = publish_generated(project=project)
    assert (published.responses, published.left, with_response(project)) == (1, 1, ["b"])


def test_withdrawn_item_gets_no_response(tmp_path):
    project = written_project(tmp_path, "a", "b")
    command("withdraw_item", "a", project=project.slug, reason="Asked for.")
    published = publish_generated(project=project)
    assert (published.responses, published.left, with_response(project)) == (1, 0, ["b"])


@pytest.mark.parametrize(("label", "made"), [("safe", 1), (None, 0)])
def test_refusal_waits_for_a_label_of_the_prompt(tmp_path, label, made):
    project = written_project(tmp_path, "a", generates="refusals", license="MIT")
    if label:
        import_votes(project, tmp_path, [opinion("a", "ada", label)])
        command("adjudicate", project=project.slug)
    assert publish_generated(project=project).refusals == made
    refusals = Item.objects.filter(project=project, external_id="a#refusal")
    assert [(item.refusal_of, item.license, item.turns[-1]["text"]) for item in refusals] == (
        [("a", "MIT", "For a.")] * made
    )


def test_only_items_without_a_text_lack_one(tmp_path):
    project = written_project(tmp_path, "a")
    import_dialogues(project, tmp_path, [dialogue("b", response=False), dialogue("c")])
    lacking = Item.objects.filter(pk__in=items_lacking(project, "responses"))
    assert [item.external_id for item in lacking] == ["b"]
    assert items_lacking(project, "refusals") == []
