"""List the decisions on a project."""

from typing import Any

from adjudication import actions, queries
from adjudication.commands import ListingCommand


class Command(ListingCommand):
    also_archived = True
    help = "List every item of the project with its decision, as JSONL by id."

    def handle(self, **options: Any) -> None:
        project = self.project(options)
        recount = actions.recount_if_changed(project=project, policy_name=options["policy"])
        self.write(queries.decision_lines(project, recount.policy), options["out"])
        self.print_summary({"items": queries.decision_counts(project, recount.policy)["items"]}, options["out"])
