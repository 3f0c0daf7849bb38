"""Who may do what where: roles, admins of the whole site, and projects that are not theirs."""

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.test import Client

from corpus import actions
from corpus.access import Access, access_to, list_access
from corpus.errors import Refused
from corpus.models import Event, Member, SiteAdmin, Verb
from corpus.queries import projects_of
from tests.annotation.test_leases import at_once
from tests.cases import cases
from tests.factories import command, make_project, numbers

Role = Member.Role
ROLES = list(Role)


@pytest.fixture(scope="module")
def project(database):
    return make_project()


def member(project, role=Role.ANNOTATOR, *, of_site=False):
    name = f"member-{next(numbers)}"
    site = ["--site-admin"] if of_site else []
    assert command("create_user", name, "--role", str(role.value), *site, project=project.slug).code == 0
    return User.objects.get(username=name)


@pytest.mark.parametrize("least", ROLES)
@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_what_those_before_it_may(project, role, least):
    user = member(project, role)
    if ROLES.index(role) >= ROLES.index(least):
        assert access_to(project.slug, user, least=least).role == role
    else:
        with pytest.raises(PermissionDenied, match=f"needs the role {least.label.lower()}"):
            access_to(project.slug, user, least=least)


@pytest.mark.parametrize(
    ("role", "flags"),
    [
        (Role.ANNOTATOR, (False, False, False)),
        (Role.ADJUDICATOR, (True, False, False)),
        (Role.LEAD, (True, True, False)),
        (Role.ADMIN, (True, True, True)),
    ],
)
def test_flags_follow_the_role(project, role, flags):
    access = Access(project, User(), role)
    assert (access.is_adjudicator, access.is_lead, access.is_admin) == flags


@pytest.mark.parametrize("least", ROLES)
@pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.ADJUDICATOR, Role.LEAD])
def test_foreign_project_is_not_there_whatever_the_role_at_home(project, role, least):
    stranger = member(make_project(), role)
    with pytest.raises(Http404) as hidden:
        access_to(project.slug, stranger, least=least)
    with pytest.raises(Http404) as missing:
        access_to("no-such-project", stranger, least=least)
    assert str(hidden.value).replace(project.slug, "") == str(missing.value).replace("no-such-project", "")


def test_admin_of_a_project_rules_that_project_alone(project):
    home = make_project()
    user = member(home, Role.ADMIN)
    with pytest.raises(Http404):
        access_to(project.slug, user)
    actions.add_member(project=project, username=user.username, role=Role.ANNOTATOR)
    assert access_to(project.slug, user).role == Role.ANNOTATOR
    assert {access.project: access.role for access in list_access(user)} == {home: Role.ADMIN, project: Role.ANNOTATOR}


def test_site_admin_is_admin_of_every_project(project):
    boss = member(make_project(), of_site=True)
    assert access_to(project.slug, boss, least=Role.ADMIN) == Access(project, boss, Role.ADMIN, is_site_admin=True)
    actions.add_member(project=project, username=boss.username, role=Role.ANNOTATOR)
    assert access_to(project.slug, boss).role == Role.ADMIN
    assert {access.role for access in list_access(boss)} == {Role.ADMIN}
    assert project in projects_of(boss)


def test_former_site_admin_sees_only_their_own_projects(project):
    home = make_project()
    user, by = member(home, of_site=True), member(home, of_site=True)
    actions.remove_site_admin(user=user, by=by)
    assert [access.project for access in list_access(user)] == [home]
    with pytest.raises(Http404):
        access_to(project.slug, user)


def test_only_site_admins_make_others_and_only_open_accounts():
    project = make_project()
    boss, admin, user = member(project, of_site=True), member(project, Role.ADMIN), member(project)
    for act in (actions.make_site_admin, actions.remove_site_admin):
        with pytest.raises(Refused, match="Only a site admin"):
            act(user=user, by=admin)
    with pytest.raises(Refused, match="Only a site admin"):
        actions.set_active(user=user, is_active=False, by=admin)
    actions.set_active(user=user, is_active=False, by=boss)
    with pytest.raises(Refused, match="is closed"):
        actions.make_site_admin(user=User.objects.get(pk=user.pk), by=boss)


def test_two_site_admins_who_demote_each_other_keep_one():
    one, two = member(make_project(), of_site=True), member(make_project(), of_site=True)
    for act in (actions.remove_site_admin, lambda **who: actions.set_active(is_active=False, **who)):
        ends = at_once(lambda act=act: act(user=one, by=two), lambda act=act: act(user=two, by=one))
        assert sorted(isinstance(end, Refused) for end in ends) == [False, True]
        for each in (one, two):
            User.objects.filter(pk=each.pk).update(is_active=True)
            SiteAdmin.objects.get_or_create(user=each)


@cases("act", ["change_role", "remove_member"])
def test_two_admins_who_demote_each_other_keep_one(act):
    project = make_project()
    one, two = member(project, Role.ADMIN), member(project, Role.ADMIN)
    more = {"role": Role.LEAD} if act == "change_role" else {}
    calls = [
        lambda user=user, by=by: getattr(actions, act)(project=project, user=user, by=by, **more)
        for user, by in ((one, two), (two, one))
    ]
    assert sorted(isinstance(end, Refused) for end in at_once(*calls)) == [False, True]
    assert Member.objects.filter(project=project, role=Role.ADMIN).count() == 1


def test_first_admin_of_an_installation_is_its_site_admin():
    """All others are closed for as long as this takes, for the database is shared with other tests."""
    with transaction.atomic():
        User.objects.filter(pk__in=SiteAdmin.objects.values("user")).update(is_active=False)
        made = [
            command("create_user", f"member-{next(numbers)}", "--role", role) for role in ("lead", "admin", "admin")
        ]
        transaction.set_rollback(True)
    assert [each.get("site_admin") for each in made] == [None, True, None]


def test_nobody_has_access_without_signing_in(project):
    with pytest.raises(Http404):
        access_to(project.slug, AnonymousUser())
    assert projects_of(AnonymousUser()) == []


@pytest.mark.parametrize("slug", ["", " ", "'; --", "%", "_", "x" * 10_000, "é"])
def test_slug_that_is_none_is_not_found_for_a_site_admin_either(project, slug):
    with pytest.raises(Http404):
        access_to(slug, member(project, of_site=True))


def test_slug_is_matched_by_its_exact_letters(project):
    with pytest.raises(Http404):
        access_to(project.slug.upper(), member(project))


def test_superuser_of_django_is_no_member(project):
    user = User.objects.create(username=f"super-{next(numbers)}", is_superuser=True, is_staff=True)
    with pytest.raises(Http404):
        access_to(project.slug, user)
    assert list_access(user) == []


def test_access_has_the_project_whole_in_one_query(project, django_assert_num_queries):
    user = member(project)
    access_to(project.slug, user)
    with django_assert_num_queries(0):  # the statement is prepared, outside Django's own
        access = access_to(project.slug, user)
        assert (access.project, access.project.taxonomy.name) == (project, "aegis2")
    assert access.project.fields == project.fields


def test_projects_are_listed_by_slug_with_the_role_in_each():
    name = f"member-{next(numbers)}"
    wanted = {}
    for role in (Role.LEAD, Role.ANNOTATOR, Role.ADJUDICATOR):
        made = make_project()
        command("create_user", name, "--role", role.value, project=made.slug)
        wanted[made.slug] = role
    listed = list_access(User.objects.get(username=name))
    assert [access.project.slug for access in listed] == sorted(wanted)
    assert {access.project.slug: access.role for access in listed} == wanted


@pytest.mark.parametrize(("htmx", "status"), [(False, 302), (True, 401)])
def test_page_without_a_session_leads_to_the_sign_in(project, htmx, status):
    headers = {"hx-request": "true"} if htmx else {}
    page = Client(headers=headers).get(f"/projects/{project.slug}/votes/?a=1&b=2")
    assert page.status_code == status
    if not htmx:
        assert page["location"] == f"/sign-in/?next=/projects/{project.slug}/votes/%3Fa%3D1%26b%3D2"


def test_form_sent_without_a_session_leads_back_to_the_home_page(project):
    assert Client().post(f"/projects/{project.slug}/label/next/")["location"] == "/sign-in/?next=/"


@pytest.mark.parametrize("name", ["", " ", "a b", "a/b", "a\nb", "<b>", "'", "x" * 151, "👩‍👩‍👧", "a%b", "a,b"])
def test_name_that_cannot_be_an_account_is_refused(project, name):
    with pytest.raises(Refused, match="cannot be a user name"):
        actions.add_member(project=project, username=name, role=Role.ANNOTATOR)
    assert not User.objects.filter(username=name).exists()


@pytest.mark.parametrize("form", ["{}", "{}@example.org", "{}.x-y_z+1", "é{}", "漢{}"])
def test_name_of_letters_and_a_few_signs_is_an_account_without_a_password(project, form):
    name = form.format(next(numbers))
    made = actions.add_member(project=project, username=name, role=Role.ANNOTATOR)
    assert (made.user.username, made.user.has_usable_password(), made.token) == (name, False, None)


def test_adding_a_member_again_changes_their_role(project):
    user = member(project)
    actions.add_member(project=project, username=user.username, role=Role.LEAD)
    assert Member.objects.get(project=project, user=user).role == Role.LEAD


@pytest.mark.parametrize("act", ["add_member", "remove_member", "change_role", "set_active"])
def test_admin_does_nothing_to_themselves(project, act):
    admin = member(project, Role.ADMIN)
    options = {
        "add_member": {"project": project, "username": admin.username, "role": Role.ANNOTATOR},
        "remove_member": {"project": project, "user": admin},
        "change_role": {"project": project, "user": admin, "role": Role.LEAD},
        "set_active": {"user": admin, "is_active": False},
    }[act]
    with pytest.raises(Refused, match="cannot do this to yourself"):
        getattr(actions, act)(by=admin, **options)
    assert access_to(project.slug, admin).role == Role.ADMIN


def test_change_that_changes_nothing_is_no_event():
    project = make_project()
    admin, user, stranger = member(project, of_site=True), member(project), member(make_project())
    before = Event.objects.filter(project=project).count()
    actions.change_role(project=project, user=user, role=Role.ANNOTATOR, by=admin)
    actions.remove_member(project=project, user=stranger, by=admin)
    actions.set_active(user=user, is_active=True, by=admin)
    assert Event.objects.filter(project=project).count() == before
    assert not Event.objects.filter(verb=Verb.ACCOUNT_OPENED, subject=user.username).exists()
