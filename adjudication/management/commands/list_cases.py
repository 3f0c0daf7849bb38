"""List the disputed fields of a project."""

from typing import Any

from adjudication import actions, queries
from adjudication.commands import ListingCommand


class Command(ListingCommand):
    also_archived = True
    help = "List the disputed fields of items, as JSONL by id."

    def handle(self, **options: Any) -> None:
        project = self.project(options)
        recount = actions.recount_if_changed(project=project, policy_name=options["policy"])
        lines = b"".join(queries.case_lines(project, recount.policy))
        self.write(iter([lines]), options["out"])
        self.print_summary({"open": lines.count(b"\n")}, options["out"])
