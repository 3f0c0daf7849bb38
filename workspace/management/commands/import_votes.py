"""Import votes and ballots."""

from pathlib import Path
from typing import Any

from corpus.actions.statistics import refresh_statistics
from corpus.commands import ImportCommand
from corpus.importing.report import ImportReport, OnReject
from corpus.models import Project
from workspace import actions
from workspace.actions.import_opinions import OPINION_TABLES


class Command(ImportCommand):
    help = "Import opinions of people or models made elsewhere, from a CSV, JSONL, JSON or Parquet file."

    def read(self, project: Project, path: Path, on_reject: OnReject, progress: Any) -> ImportReport:
        report = actions.import_opinions(project=project, path=path, on_reject=on_reject, progress=progress)
        refresh_statistics(*OPINION_TABLES, rows=report.created)
        return report
