"""Create accounts with the command, and the first one of an installation."""

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from corpus.actions import make_site_admin, may_send_link
from corpus.actions.accounts import FIRST_ADMIN, first_admin, make_account, make_first_site_admin
from corpus.errors import Refused
from corpus.models import SiteAdmin
from corpus.queries import is_site_admin
from tests.annotation.people import Visitor
from tests.factories import command, make_project, numbers


def test_names_differing_in_case_are_refused():
    name = f"person-{next(numbers)}"
    assert command("create_user", name).code == 0

    assert "one name" in command("create_user", name.upper()).stderr
    assert command("create_user", name).code == 0


def test_first_admin_is_invited_until_a_site_admin_has_a_password():
    """Where there is no account, it is made: tests/browser/test_from_zero.py."""
    name = f"person-{next(numbers)}"
    command("create_user", name, "--role=admin", "--site-admin")
    admin = User.objects.get(username=name)
    waiting, accounts = first_admin(), User.objects.count()
    assert waiting is None or not waiting.has_usable_password()
    admin.set_password("correct horse battery")
    admin.save()
    assert (first_admin(), User.objects.count()) == (None, accounts)


def test_first_admin_of_a_command_counts_while_nobody_has_opened_the_account_of_the_installation():
    ida, ben = (make_account(f"person-{next(numbers)}") for _ in range(2))
    with transaction.atomic():
        SiteAdmin.objects.all().delete()  # those of other tests; rolled back below
        User.objects.filter(username=FIRST_ADMIN).delete()
        make_site_admin(user=make_account(FIRST_ADMIN))
        make_first_site_admin(ida)
        make_first_site_admin(ben)
        assert [is_site_admin(ida), is_site_admin(ben)] == [True, False]
        transaction.set_rollback(True)


def test_first_admin_who_signed_in_without_a_password_counts():
    """As by single sign-on."""
    ida = make_account(f"person-{next(numbers)}")
    with transaction.atomic():
        SiteAdmin.objects.all().delete()  # those of other tests; rolled back below
        User.objects.filter(username=FIRST_ADMIN).delete()
        admin = make_account(FIRST_ADMIN)
        make_site_admin(user=admin)
        User.objects.filter(pk=admin.pk).update(last_login=timezone.now())
        make_first_site_admin(ida)
        assert not is_site_admin(ida)
        transaction.set_rollback(True)


def test_admin_of_a_project_makes_no_link_for_whoever_has_signed_in():
    project = make_project()
    admin, site_admin, carol = Visitor(project, "admin"), Visitor(project, "admin"), Visitor(project)
    make_site_admin(user=site_admin.user)
    member = f"people/{carol.user.pk}/"
    User.objects.filter(pk=carol.user.pk).update(password="!none", last_login=None)
    carol.user.refresh_from_db()
    assert may_send_link(carol.user, admin.user)
    assert admin.post(member, do="link").status_code == 200
    User.objects.filter(pk=carol.user.pk).update(last_login=timezone.now())  # by a sign-in provider
    carol.user.refresh_from_db()
    assert not may_send_link(carol.user, admin.user)
    assert admin.post(member, do="link").status_code == 403
    assert may_send_link(carol.user, site_admin.user)


def test_names_that_are_stored_alike_are_one():
    name = f"person-{next(numbers)}"
    make_account(name)
    wide = "".join(chr(ord(letter) + 0xFEE0) if letter.isalpha() else letter for letter in name)
    for other in (wide, wide.upper()):
        with pytest.raises(Refused, match="one name"):
            make_account(other)
    assert User.objects.filter(username__iexact=name).count() == 1
