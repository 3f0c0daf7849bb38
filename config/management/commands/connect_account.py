"""Let a person of the sign-in provider sign in to an account that there is."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import CommandError, CommandParser

from config.single_sign_on import connect_account
from corpus.commands import Command as Base


class Command(Base):
    help = "Let a person of the sign-in provider sign in to an account that there is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the account")
        parser.add_argument("--subject", required=True, help="the person's `sub`, as the provider's pages name it")

    def handle(self, **options: Any) -> None:
        if not settings.OIDC.url:
            raise CommandError("There is no provider: set OIDC_URL first.", returncode=2)
        user = User.objects.filter(username=options["name"]).first()
        if user is None:
            raise CommandError(f"There is no account {options['name']!r}.", returncode=2)
        connect_account(user, options["subject"])
        self.print_result({"user": user.username})
