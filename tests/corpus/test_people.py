"""Create accounts with the command."""

from tests.factories import command, numbers


def test_names_differing_in_case_are_refused():
    name = f"person-{next(numbers)}"
    assert command("create_user", name).code == 0

    assert "one name" in command("create_user", name.upper()).stderr
    assert command("create_user", name).code == 0
