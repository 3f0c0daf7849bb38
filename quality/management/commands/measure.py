"""`measure`: compute the figures of the quality page now."""

import time
from typing import Any

from corpus.commands import ProjectCommand
from quality.actions import measure_project


class Command(ProjectCommand):
    help = "Compute the figures of the quality page now: agreement, scores, drift, shares, checks, jurors, advice."

    def handle(self, **options: Any) -> None:
        started = time.monotonic()
        reports = measure_project(project=self.project(options))
        self.print_result({"reports": reports, "seconds": round(time.monotonic() - started, 3)})
