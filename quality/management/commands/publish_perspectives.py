"""`publish_perspectives`: publish figures of groups of people by what they say of themselves."""

from typing import Any

from corpus.commands import ProjectCommand
from quality.actions import publish_perspectives


class Command(ProjectCommand):
    help = (
        "Publish how groups of people compare by what they say of themselves, by questions that were never published. "
        "Once a week at most. No figure is of few people."
    )

    def handle(self, **options: Any) -> None:
        made = publish_perspectives(project=self.project(options), by=None)
        self.print_result({"made_at": made.made_at.isoformat(), **made.content})
