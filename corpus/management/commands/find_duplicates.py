"""Find near-duplicates among the dialogues of a project."""

from typing import Any

from corpus.actions import find_duplicates
from corpus.commands import ProjectCommand


class Command(ProjectCommand):
    help = "Put dialogues with near-duplicate prompts into clusters; the schedule does so after each import by itself."

    def handle(self, **options: Any) -> None:
        found = find_duplicates(project=self.project(options))
        names = ("items", "clusters", "clustered", "largest", "cut", "method")
        counts = {name: getattr(found, name) for name in names}
        self.print_result(counts | {"seconds": round(found.seconds, 2)})
