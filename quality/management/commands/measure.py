import time
from typing import Any

from corpus.commands import ProjectCommand
from quality import actions


class Command(ProjectCommand):
    help = "Compute the figures of the quality page now: agreement, scores, drift, shares, checks, jurors, advice."

    def handle(self, **options: Any) -> None:
        began = time.monotonic()
        reports = actions.measure(project=self.project(options))
        self.print_result({"reports": reports, "seconds": round(time.monotonic() - began, 3)})
