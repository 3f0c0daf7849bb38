"""Print or change a project's list of terms for identity groups."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from corpus import queries
from corpus.actions import change_group_terms, find_groups, reset_group_terms
from corpus.commands import ProjectCommand
from corpus.errors import Invalid
from corpus.groups.terms import MOST_BYTES
from corpus.whole_files import write_whole


class Command(ProjectCommand):
    help = "Write the terms by which identity groups are found in dialogues as CSV, or make a new version of them."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--out", type=Path, metavar="FILE", help="write the list there")
        what.add_argument("--set", type=Path, metavar="FILE", help="make this CSV the next version; - for stdin")
        what.add_argument("--reset", action="store_true", help="make the list that comes with the software the next")
        parser.add_argument("--note", default="", metavar="TEXT", help="with --set: what changed, and why")

    def handle(self, **options: Any) -> None:
        project = self.project(options)
        if options["set"]:
            change_group_terms(project=project, by=None, content=text_of(options["set"]), note=options["note"])
        elif options["reset"]:
            reset_group_terms(project=project, by=None)
        listed = queries.group_terms(project)
        if options["out"]:
            write_whole([listed.terms.csv.encode()], options["out"])
        found = find_groups(project=project)
        about = {"version": listed.version, "sha256": listed.terms.sha256, "terms": len(listed.terms.terms)}
        counts = {name: getattr(found, name) for name in ("items", "named", "withheld")}
        self.print_result(about | {"groups": len(listed.terms.groups)} | counts | {"seconds": round(found.seconds, 2)})


def text_of(path: Path) -> str:
    """
    Return the text of a file.

    :raises Invalid: if it cannot be read, is too large, or is not UTF-8
    """
    try:
        raw = sys.stdin.buffer.read(MOST_BYTES + 1) if str(path) == "-" else read_some(path)
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise Invalid(str(path), error.strerror or "it cannot be read") from error
    except UnicodeDecodeError as error:
        raise Invalid(str(path), "it is not UTF-8; save it as UTF-8") from error


def read_some(path: Path) -> bytes:
    """Return the bytes of a file, up to one more than a list may have."""
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)
