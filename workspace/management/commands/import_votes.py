from pathlib import Path
from typing import Any

from corpus.commands import ImportCommand
from corpus.importing.report import ImportReport
from corpus.models import Project
from workspace import actions
from workspace.actions.import_opinions import refresh_statistics


class Command(ImportCommand):
    help = "Add opinions made elsewhere, by people or models, from a CSV or JSONL file (or one of them gzipped)."

    def read(self, project: Project, path: Path, report: Any, progress: Any) -> ImportReport:
        import_report = actions.import_opinions(project=project, path=path, report=report, progress=progress)
        refresh_statistics()
        return import_report
