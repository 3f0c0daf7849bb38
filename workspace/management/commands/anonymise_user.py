"""Anonymise a user."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandParser

from corpus.commands import Command as Base
from corpus.errors import Refused
from workspace import actions


class Command(Base):
    help = "Take a person's name, credentials and memberships away for good. What they judged and settled stays."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", metavar="NAME")

    def handle(self, **options: Any) -> None:
        user = User.objects.filter(username=options["name"]).first()
        if user is None:
            raise Refused(f"There is no account {options['name']!r}.")
        self.print_result({"user": actions.anonymise_user(user=user)})
