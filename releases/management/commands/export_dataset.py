"""Export the dataset."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandParser

from adjudication import actions
from adjudication.commands import ListingCommand
from corpus.errors import Refused
from corpus.replica import reading_replica
from corpus.snapshot import snapshot
from releases.exporting import FORMATS, ExportQuery, stream_dataset


class Command(ListingCommand):
    also_archived = True
    help = "Write the decided and settled items, by id, as the dataset."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--format", choices=FORMATS, default="json")
        parser.add_argument("--truncate", action="store_true", help="first user and first assistant turn only")
        parser.add_argument("--license", nargs="+", metavar="L", help="only items under one of these")
        parser.add_argument(
            "--raw", action="store_true", help="CSV cells unescaped, also those that look like formulas"
        )
        parser.add_argument("--bom", action="store_true", help="CSV with a byte order mark, for spreadsheets")

    def handle(self, **options: Any) -> None:
        if options["bom"] and options["format"] != "csv":
            raise Refused(f"--bom is for --format csv; {options['format']} has no byte order mark.")
        if options["raw"] and options["format"] != "csv":
            raise Refused(f"--raw is for --format csv; {options['format']} has all texts as they are.")
        project = self.project(options)
        recount = actions.recount_if_changed(project=project, policy_name=options["policy"])
        licenses = tuple(options["license"]) if options["license"] else None
        query = ExportQuery(
            project,
            recount.policy,
            truncate=options["truncate"],
            licenses=licenses,
            raw=options["raw"],
            bom=options["bom"],
        )
        with reading_replica(), snapshot():
            counter = ByteCounter(stream_dataset(query, options["format"]))
            self.write(counter.blocks(), options["out"])
            rows = query.count()
        self.print_summary({"rows": rows, "bytes": counter.bytes}, options["out"])


class ByteCounter:
    """Counts the bytes of the blocks that pass through it."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self.source = source
        self.bytes = 0

    def blocks(self) -> Iterator[bytes]:
        """Yield the blocks."""
        for block in self.source:
            self.bytes += len(block)
            yield block
