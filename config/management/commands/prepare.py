"""Prepare the servers and the database."""

from typing import Any

from corpus.commands import Command as Base
from corpus.models import Project


class Command(Base):
    help = "Start the embedded servers and bring the database up to date, as every command does first."

    def handle(self, **options: Any) -> None:
        self.print_result({"projects": Project.objects.count()})
