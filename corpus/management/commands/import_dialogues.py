"""Import dialogues from a file."""

from pathlib import Path
from typing import Any

from corpus import actions
from corpus.actions.imports import refresh_statistics
from corpus.commands import ImportCommand
from corpus.importing.report import ImportReport, OnReject
from corpus.models import Project


class Command(ImportCommand):
    help = "Add the dialogues of a JSONL, JSON, CSV or Parquet file (or one of them gzipped) to a project."

    def read(self, project: Project, path: Path, on_reject: OnReject, progress: Any) -> ImportReport:
        report = actions.import_dialogues(project=project, path=path, on_reject=on_reject, progress=progress)
        refresh_statistics()
        return report
