"""What the management commands of all apps share: how they end, and how they speak."""

import sys
import time
from argparse import SUPPRESS
from pathlib import Path
from typing import IO, Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from corpus import queries
from corpus.errors import Refused
from corpus.importing.report import ImportReport, OnReject, RejectedRow
from corpus.models import Project


class Command(BaseCommand):
    """
    Exit 0 when done, 1 when some rows were refused, 2 when nothing was done.

    The last line of stdout is one JSON object; progress and warnings go to stderr.
    """

    requires_system_checks: list[str] = []

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except Refused as error:
            raise CommandError(str(error), returncode=2) from error
        except DatabaseError as error:
            reason = str(error).strip().splitlines()[0]
            raise CommandError(f"The database cannot be used: {reason} (DATABASE_URL)", returncode=2) from error

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        # Django's own options are of no use to the people these commands are for.
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
        self.stdout.write(orjson.dumps(content, default=str).decode())

    def print_note(self, line: str) -> None:
        self.stderr.write(line, style_func=lambda text: text)


class ProjectCommand(Command):
    """A command that works on one project."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", default="default", metavar="SLUG", help="default: default")

    def project(self, options: dict[str, Any]) -> Project:
        return queries.find_project(options["project"])


class ImportCommand(ProjectCommand):
    """Reads a file row by row, and lists what it refuses."""

    SHOWN = 20

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("path", type=Path, metavar="PATH")
        parser.add_argument("--errors", type=Path, metavar="FILE", help="write the refused rows there, as JSONL")

    def handle(self, **options: Any) -> None:
        project = self.project(options)
        with RefusalList(options["errors"], self) as refusals:
            report = self.read(project, options["path"], refusals.add, Progress(options["path"].name).show)
        self.print_result(report.as_dict())
        if report.rejected:
            sys.exit(1)

    def read(self, project: Project, path: Path, on_reject: OnReject, progress: Any) -> ImportReport:
        raise NotImplementedError


class RefusalList:
    """Shows the first refused rows, and writes all of them to a file where one is given."""

    def __init__(self, path: Path | None, command: ImportCommand) -> None:
        self.command = command
        self.path = path
        self.count = 0
        self.file: IO[bytes] | None = None

    def __enter__(self) -> "RefusalList":
        if self.path:
            try:
                self.file = self.path.open("wb")
            except OSError as error:
                raise Refused(f"{self.path} cannot be written: {error.strerror}.") from error
        return self

    def __exit__(self, *_exception: object) -> None:
        hidden = self.count - self.command.SHOWN
        if hidden > 0:
            where = f"see {self.path}" if self.path else "list them with --errors FILE"
            self.command.print_note(f"… and {hidden:,} more refused; {where}.")
        try:
            if self.file:
                self.file.close()
        except OSError as error:  # the last of them were still to be written, and the rows are imported by now
            self.command.print_note(f"{self.path} is not whole: {error.strerror}.")

    def add(self, refusal: RejectedRow) -> None:
        self.count += 1
        if self.file:
            line = {"row": refusal.row, "id": refusal.id, "field": refusal.field, "reason": refusal.reason}
            try:
                self.file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
            except OSError as error:
                raise Refused(f"{self.path} cannot be written: {error.strerror}. Nothing was kept.") from error
        if self.count <= self.command.SHOWN:
            self.command.print_note(f"row {refusal.row}: {refusal.field}: {refusal.reason}")


class Progress:
    """How far a long piece of work is: a bar on a terminal, a line now and then in a log."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.on_terminal = sys.stderr.isatty()
        self.began = self.shown_at = time.monotonic()

    def show(self, share: float, note: str = "") -> None:
        now = time.monotonic()
        if share < 1 and now - self.shown_at < (0.2 if self.on_terminal else 5):
            return
        if not self.on_terminal and now - self.began < 5:
            return  # a log needs no line about what took no time
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
        passed = time.monotonic() - self.began
        return f" {passed / share - passed:.0f} s left" if 0 < share < 1 else f" {passed:.1f} s"
