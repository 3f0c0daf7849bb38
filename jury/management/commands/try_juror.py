"""Ask a juror about one dialogue without casting a ballot."""

from typing import Any

from django.core.management.base import CommandParser

from corpus.commands import ProjectCommand
from jury import actions, queries


class Command(ProjectCommand):
    help = "Ask a juror about one dialogue, and show the request and the reply. Casts no ballot."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--item", default="", metavar="ID", help="default: one of the project's")

    def handle(self, **options: Any) -> None:
        project = self.project(options)
        [juror] = queries.panel(project, [options["name"]])
        trial = actions.try_juror(project=project, juror=juror, item=options["item"])
        for message in trial.messages:
            self.print_note(f"--- {message['role']}\n{message['content']}")
        ballot = trial.ballot
        self.print_note(f"--- reply\n{ballot.raw_reply}")
        self.print_result(
            {
                "juror": juror.name,
                "item": trial.item,
                "outcome": ballot.outcome,
                "reason": ballot.reason,
                "prompt_label": ballot.prompt_label,
                "response_label": ballot.response_label,
                "categories": ballot.categories,
                "seconds": ballot.seconds,
                "cost_usd": float(ballot.cost_usd),
            }
        )
