"""Create accounts with the command, and the first one of an installation."""

from django.contrib.auth.models import User
from django.db import transaction

from corpus.actions import make_site_admin
from corpus.actions.accounts import FIRST_ADMIN, first_admin, make_account, make_first_site_admin
from corpus.models import SiteAdmin
from corpus.queries import is_site_admin
from tests.factories import command, numbers


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
