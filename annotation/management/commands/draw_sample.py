"""`draw_sample`: set the share of the blind random sample, and draw the items that were not drawn yet."""

from typing import Any

from django.core.management.base import CommandParser

from annotation.actions import change_sample
from annotation.sampling import draw_sample, sample_of
from corpus.commands import ProjectCommand


class Command(ProjectCommand):
    help = (
        "Draw items for the blind random sample, which gets all its human votes whatever models say. "
        "Each item is drawn once, with the share at that time as its odds."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--percent",
            type=int,
            metavar="N",
            help="share of the items not drawn yet, 0 (none) to 100; default: as it is",
        )

    def handle(self, **options: Any) -> None:
        project = self.project(options)
        if options["percent"] is None:
            draw_sample(project)
        else:
            change_sample(project=project, by=None, percent=options["percent"])
        self.print_result(dict(sample_of(project)))
