"""Base classes of the management commands: exit codes, output and progress."""

import sys
import time
from argparse import SUPPRESS
from pathlib import Path
from typing import IO, Any, ClassVar

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from kombu.exceptions import OperationalError as BrokerAway
from redis.exceptions import RedisError

from corpus import queries
from corpus.errors import Archived, Invalid, Refused
from corpus.importing.report import ImportReport, OnReject, RejectedRow
from corpus.models import Project


class Command(BaseCommand):
    """
    A command that exits with 0 when done, 1 if some rows were rejected, and 2 if nothing was done.

    The last line of stdout is one JSON object. Progress and warnings go to stderr.
    """

    requires_system_checks: list[str] = []

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command, and exit with 2 if it is refused, or the database or the broker fails."""
        try:
            return super().execute(*args, **options)
        except Archived as error:
            raise CommandError(f"{error} Or do so by the command restore_project.", returncode=2) from error
        except Refused as error:
            raise CommandError(str(error), returncode=2) from error
        except Invalid as error:
            raise CommandError(f"{error.field}: {error.reason}.", returncode=2) from error
        except DatabaseError as error:
            raise CommandError(
                f"The database cannot be used: {first_line(error)} (DATABASE_URL)", returncode=2
            ) from error
        except (BrokerAway, RedisError) as error:
            raise CommandError(f"The broker cannot be used: {first_line(error)} (REDIS_URL)", returncode=2) from error

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Create the parser, with Django's own options hidden from the help."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        # Hides Django's own options, which users of these commands do not need.
        for action in parser._actions:
            if action.dest in {
                "version",
                "verbosity",
                "settings",
                "pythonpath",
                "traceback",
                "no_color",
                "force_color",
            }:
                action.help = SUPPRESS
        return parser

    def print_result(self, content: dict[str, Any]) -> None:
        """Print the result as one line of JSON to stdout."""
        self.stdout.write(orjson.dumps(content, default=str).decode())

    def print_note(self, line: str) -> None:
        """Print a line for people to stderr."""
        self.stderr.write(line, style_func=lambda text: text)


class ProjectCommand(Command):
    """A command that works on one project. In an archived one only those that change nothing do."""

    also_archived: ClassVar[bool] = False
    "Whether it works in an archived project, because it only reads, or changes nothing but who may read."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", default="default", metavar="SLUG", help="default: default")

    def project(self, options: dict[str, Any]) -> Project:
        """
        Return the project of the option --project.

        :raises NoSuchProject: if there is none of that slug
        :raises Archived: if it is archived, and the command would change it
        """
        project = queries.find_project(options["project"])
        if not self.also_archived:
            queries.check_in_use(project)
        return project


class ImportCommand(ProjectCommand):
    """A command that reads a file row by row, and lists the rejected rows."""

    SHOWN_ROWS = 20
    "How many rejected rows are printed at most."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("path", type=Path, metavar="PATH")
        parser.add_argument("--errors", type=Path, metavar="FILE", help="write the rejected rows there, as JSONL")

    def handle(self, **options: Any) -> None:
        project = self.project(options)
        with RejectedRowList(options["errors"], self, source=options["path"]) as rejected:
            report = self.read(project, options["path"], rejected.add, Progress(options["path"].name).show)
        for warning in report.warnings:
            self.print_note(f"warning: {warning}")
        self.print_result(report.as_dict())
        if report.has_rejected:
            sys.exit(1)

    def read(self, project: Project, path: Path, on_reject: OnReject, progress: Any) -> ImportReport:
        """Import the file. Subclasses implement this."""
        raise NotImplementedError


class RejectedRowList:
    """Prints the first rejected rows, and writes all of them to a file if one is named."""

    def __init__(self, path: Path | None, command: ImportCommand, *, source: Path) -> None:
        """
        :param source: the file that is imported
        """
        self.command = command
        self.path, self.source = path, source
        self.count = 0
        self.file: IO[bytes] | None = None

    def __enter__(self) -> "RejectedRowList":
        if self.path:
            check_other_file(self.path, self.source)
            try:
                self.file = self.path.open("wb")
            except OSError as error:
                raise Refused(f"{self.path} cannot be written: {error.strerror}.") from error
        return self

    def __exit__(self, *_exception: object) -> None:
        hidden = self.count - self.command.SHOWN_ROWS
        if hidden > 0:
            where = f"see {self.path}" if self.path else "list them with --errors FILE"
            self.command.print_note(f"… and {hidden:,} more rejected; {where}.")
        try:
            if self.file:
                self.file.close()
        except OSError as error:  # too late to undo: the rows are imported by now
            self.command.print_note(f"{self.path} is not whole: {error.strerror}.")

    def add(self, rejected: RejectedRow) -> None:
        """
        Print and write one rejected row.

        :raises Refused: if the file cannot be written; the import is rolled back then
        """
        self.count += 1
        if self.file:
            line = {"row": rejected.row, "id": rejected.id, "field": rejected.field, "reason": rejected.reason}
            try:
                self.file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
            except OSError as error:
                raise Refused(f"{self.path} cannot be written: {error.strerror}. Nothing was kept.") from error
        if self.count <= self.command.SHOWN_ROWS:
            self.command.print_note(f"row {rejected.row}: {rejected.field}: {rejected.reason}")


def first_line(error: Exception) -> str:
    """Return the first line of what an error says; its kind if it says nothing."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def check_other_file(path: Path, source: Path) -> None:
    """
    :raises Refused: if a file to write is the file to read, which would be emptied
    """
    if path.exists() and source.exists() and path.samefile(source):
        raise Refused(f"{path} is the file to import. Name another one for the rejected rows.")


class Progress:
    """Progress of a long command: a bar on a terminal, or a line every five seconds in a log."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.on_terminal = sys.stderr.isatty()
        self.began = self.shown_at = time.monotonic()

    def show(self, share: float, note: str = "") -> None:
        """
        Print the progress, unless it was printed a moment ago.

        :param share: how much is done, 0 to 1
        """
        now = time.monotonic()
        if share < 1 and now - self.shown_at < (0.2 if self.on_terminal else 5):
            return
        if not self.on_terminal and now - self.began < 5:
            return  # not worth a line in a log
        self.shown_at = now
        line = f"{self.title} {share:4.0%} {note}{self.time_left(share)}"
        if self.on_terminal:
            bar = "█" * round(share * 24)
            sys.stderr.write(f"\r\033[K{line[: len(self.title)]} {bar:░<24}{line[len(self.title) :]}")
            sys.stderr.write("\n" if share >= 1 else "")
        else:
            sys.stderr.write(f"{line}\n")
        sys.stderr.flush()

    def time_left(self, share: float) -> str:
        """Return the estimated time left or, at the end, the time taken."""
        passed = time.monotonic() - self.began
        return f" {passed / share - passed:.0f} s left" if 0 < share < 1 else f" {passed:.1f} s"
