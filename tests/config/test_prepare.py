"""A database that another version has migrated is left alone, with a reason."""

import pytest
from django.db import connection

from config.data_dir import CHECKOUT
from config.prepare import check_same_version, prepare_database, unknown_migrations
from corpus.errors import Refused
from tests.cases import cases


@cases(
    "applied",
    [
        [],
        [("corpus", "0001_initial")],
        [("auth", "0099_of_a_package")],
        [("account", "0001_squashed")],
        [("jury", "0001_initial"), ("knox", "0100_later")],
    ],
)
def test_known_migrations_and_those_of_packages_are_fine(applied):
    assert unknown_migrations(applied) == []
    check_same_version(applied)


@cases("app", sorted(path.parent.name for path in CHECKOUT.glob("*/migrations")))
def test_unknown_migration_of_any_app_is_named(app):
    with pytest.raises(Refused, match=f"migration {app}.0999_from_elsewhere is not known here. Nothing was changed"):
        check_same_version([("corpus", "0001_initial"), (app, "0999_from_elsewhere")])


def test_database_of_another_version_is_not_migrated():
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('corpus', '0999_later', now())")
    try:
        with pytest.raises(Refused, match="another version of Assize"):
            prepare_database()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE name = '0999_later'")
    prepare_database()
