"""Export the dataset for a consumer."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from adjudication import actions
from adjudication.commands import PolicyCommand
from corpus.errors import Refused
from corpus.models import Project
from corpus.snapshot import snapshot
from releases.consumers import CONSUMERS
from releases.consumers.source import LIVE, LiveSource, StoredSource
from releases.consumers.target import Target
from releases.consumers.writing import export_for, folder_for
from releases.exporting import ExportQuery
from releases.queries import find_release


class Command(PolicyCommand):
    also_archived = True
    help = "Write the decided items, or a release, as files that another tool loads."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("consumer", choices=tuple(CONSUMERS), metavar="CONSUMER", help=", ".join(CONSUMERS))
        parser.add_argument("--release", metavar="V", help="a release; default: the decided items as they are now")
        parser.add_argument(
            "--out", type=Path, metavar="DIR",
            help="a folder that is empty or new; default: consumers/PROJECT/V/CONSUMER in the data directory",
        )  # fmt: skip

    def handle(self, **options: Any) -> None:
        project, consumer = self.project(options), options["consumer"]
        folder = options["out"] or folder_for(project, consumer, options["release"] or LIVE)
        target = self.write(project, consumer, folder.resolve(), options)
        if target.left_out:
            self.print_note(f"Left out: {target.left_out:,} dialogues {target.why}.")
        self.print_note(f"Written to {folder.resolve()}")
        self.print_result({"rows": target.rows, "left_out": target.left_out, "files": target.files})

    def write(self, project: Project, consumer: str, folder: Path, options: dict[str, Any]) -> Target:
        """
        Write the files from a release, or from the decided items after a recount.

        :raises Refused: if a policy is named beside a release, which was made under one, or nothing can be written
        """
        if options["release"]:
            if options["policy"]:
                raise Refused("A release was made under one policy; leave out --policy, or --release.")
            return export_for(consumer, StoredSource(find_release(project, options["release"])), folder)
        recount = actions.recount_if_changed(project=project, policy_name=options["policy"])
        with snapshot():
            return export_for(consumer, LiveSource(ExportQuery(project, recount.policy)), folder)
