import time
from typing import Any

from adjudication import measuring
from corpus.commands import ProjectCommand


class Command(ProjectCommand):
    help = "Compute the figures of the quality page now: agreement, scores, drift, shares, checks, jurors, advice."

    def handle(self, **options: Any) -> None:
        began = time.monotonic()
        reports = measuring.measure(project=self.project(options))
        self.answer({"reports": reports, "seconds": round(time.monotonic() - began, 3)})
