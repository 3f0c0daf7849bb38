"""Import dialogues from a file, with the opinions on them that it may have."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from corpus.actions.statistics import refresh_statistics
from corpus.commands import ImportCommand
from corpus.importing.options import FORM_NAMES, TARGETS, ReadOptions, parse_columns
from corpus.importing.report import ImportReport, OnReject
from corpus.models import Project
from workspace import actions


class Command(ImportCommand):
    help = (
        "Add the dialogues of a JSONL, JSON, CSV or Parquet file (or one of them gzipped) to a project, "
        "and the annotations that people made in another tool."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--form",
            default="",
            metavar="NAME",
            help=f"the form of the rows, if it is not recognised: {', '.join(FORM_NAMES)}",
        )
        parser.add_argument(
            "--map",
            action="extend",
            nargs="+",
            default=[],
            metavar="TARGET=COLUMN",
            help=f"read a column as one of {', '.join(TARGETS)}",
        )
        parser.add_argument("--make-ids", action="store_true", help="make an id from the content of a row without one")

    def handle(self, **options: Any) -> None:
        """
        :raises Refused: if there is no such form or target
        """
        self.reading = ReadOptions(options["form"], parse_columns(options["map"]), options["make_ids"])
        super().handle(**options)

    def read(self, project: Project, path: Path, on_reject: OnReject, progress: Any) -> ImportReport:
        report = actions.import_annotated(
            project=project, path=path, on_reject=on_reject, progress=progress, options=self.reading
        )
        refresh_statistics("corpus_item", rows=report.created)
        return report
