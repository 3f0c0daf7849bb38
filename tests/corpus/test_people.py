"""Create accounts with the command, and the first one of an installation."""

from django.contrib.auth.models import User

from corpus.actions.accounts import first_admin
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
