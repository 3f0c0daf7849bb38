from typing import Any

from corpus.commands import Command as Base
from corpus.models import Project


class Command(Base):
    help = "Bring the database up to date, as every command does first, and nothing else."

    def handle(self, **options: Any) -> None:
        self.print_result({"projects": Project.objects.count()})
