"""Ask a juror or a generator about one dialogue without storing the answer."""

from typing import Any

from django.core.management.base import CommandParser

from corpus.commands import ProjectCommand
from jury import actions, queries
from jury.models import Answer
from jury.serializers import as_trial


class Command(ProjectCommand):
    help = (
        "Ask a juror or a generator about one dialogue, and show the request and the reply. Stores no answer. "
        "Where the endpoint does not accept the request, try others and suggest the settings that work."
    )

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
        self.print_note(f"--- reply\n{trial.answer.raw_reply}")
        if trial.answer.outcome == Answer.Outcome.FAILED and not trial.suggestion:
            self.print_note(
                f"--- Asked was {juror.base_url}: start its server if nothing answers there. Its key and limits are "
                "set with change_juror; for another address or model, use add_juror or add_generator under a new name."
            )
        if trial.suggestion:
            self.print_note(
                f"--- The endpoint answers with {trial.suggestion.options}: use change_juror with these options, or "
                "add_juror or add_generator under a new name once there are answers."
            )
        self.print_result({"juror": juror.name, **as_trial(trial)})
