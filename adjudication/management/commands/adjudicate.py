"""Recount a project."""

import time
from typing import Any

from adjudication import actions, queries
from adjudication.commands import PolicyCommand


class Command(PolicyCommand):
    help = "Recount every item: merge the current opinions into decisions, and open a case where they do not decide."

    def handle(self, **options: Any) -> None:
        project = self.project(options)
        began = time.monotonic()
        recount = actions.recount(project=project, policy_name=options["policy"])
        seconds = round(time.monotonic() - began, 3)
        self.print_result({**queries.decision_counts(project, recount.policy), "seconds": seconds})
