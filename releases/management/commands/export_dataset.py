from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandParser

from adjudication import actions
from adjudication.commands import ListingCommand
from corpus.snapshot import snapshot
from releases.exporting import FORMATS, Selection, stream


class Command(ListingCommand):
    help = "Write the decided and settled items, by id, as the dataset."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--format", choices=FORMATS, default="json")
        parser.add_argument("--truncate", action="store_true", help="first user and first assistant turn only")
        parser.add_argument("--license", nargs="+", metavar="L", help="only items under one of these")
        parser.add_argument("--raw", action="store_true", help="CSV cells as they are, formulas too")

    def handle(self, **options: Any) -> None:
        project = self.project(options)
        counted = actions.recount_if_changed(project=project, policy_name=options["policy"])
        licenses = tuple(options["license"]) if options["license"] else None
        selection = Selection(
            project, counted.policy, truncate=options["truncate"], licenses=licenses, raw=options["raw"]
        )
        with snapshot():
            meter = Meter(stream(selection, options["format"]))
            self.write(meter.blocks(), options["out"])
            rows = selection.count()
        self.conclude({"rows": rows, "bytes": meter.bytes}, options["out"])


class Meter:
    """Counts what passes through."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self.source = source
        self.bytes = 0

    def blocks(self) -> Iterator[bytes]:
        for block in self.source:
            self.bytes += len(block)
            yield block
