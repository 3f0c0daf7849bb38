from pathlib import Path
from typing import Any

from corpus import actions
from corpus.actions.imports import refresh_statistics
from corpus.commands import ImportCommand
from corpus.importing.report import ImportReport
from corpus.models import Project


class Command(ImportCommand):
    help = "Add the dialogues of a JSONL, JSON, CSV or Parquet file (or one of them gzipped) to a project."

    def read(self, project: Project, path: Path, report: Any, progress: Any) -> ImportReport:
        import_report = actions.import_dialogues(project=project, path=path, report=report, progress=progress)
        refresh_statistics()
        return import_report
