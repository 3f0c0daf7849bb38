"""Verify a release."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from corpus.commands import Command as PlainCommand
from releases.verifying import verify


class Command(PlainCommand):
    help = "Make every hash and every label of a release again, from its own votes, and say what differs."

    SHOWN = 20

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")

    def handle(self, **options: Any) -> None:
        found = verify(options["folder"])
        for line in found.differences[: self.SHOWN]:
            self.print_note(line)
        if (hidden := len(found.differences) - self.SHOWN) > 0:
            self.print_note(f"… and {hidden:,} more.")
        self.print_result(
            {
                "files": found.files,
                "labels": found.labels,
                "settled": found.settled,
                "differences": len(found.differences),
            }
        )
        if found.differences:
            sys.exit(1)
