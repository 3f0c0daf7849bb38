"""Verify a release."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from corpus.commands import Command as PlainCommand
from corpus.errors import Refused
from corpus.queries import find_project
from releases.places import fresh_folder
from releases.pushing.push import release_named
from releases.verifying import verify


class Command(PlainCommand):
    help = "Make every hash and every label of a release again, from its own votes, and say what differs."

    SHOWN = 20

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, nargs="?", metavar="DIR")
        parser.add_argument("--release", metavar="V", help="instead of DIR: a release of the project, wherever it is")
        parser.add_argument("--project", default="default", metavar="SLUG", help="default: default")

    def handle(self, **options: Any) -> None:
        with folder_named(options) as folder:
            found = verify(folder)
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


@contextmanager
def folder_named(options: dict[str, Any]) -> Iterator[Path]:
    """
    Yield the folder to verify.

    :raises Refused: if none is named, or two are, or the project has no such release
    """
    if bool(options["folder"]) == bool(options["release"]):
        raise Refused("Name the folder of a release, or a release with --release and --project.")
    if options["folder"]:
        yield options["folder"]
        return
    with fresh_folder(release_named(find_project(options["project"]), options["release"])) as folder:
        yield folder
