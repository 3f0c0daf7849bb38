"""Accounts, made by the command."""

from tests.factories import command, numbers


def test_a_name_that_differs_in_case_alone_is_refused():
    name = f"person-{next(numbers)}"
    assert command("create_user", name).code == 0

    assert "one name" in command("create_user", name.upper()).said
    assert command("create_user", name).code == 0
