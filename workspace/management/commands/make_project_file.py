"""Write the settings of a project as a project file."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from corpus.commands import Command as Base
from corpus.queries import find_project
from corpus.whole_files import write_whole
from workspace.project_files.writing import write_document


class Command(Base):
    help = "Write the settings of a project as one JSON file, without data, people and keys, for create_project --from."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("--out", type=Path, metavar="FILE", help="default: stdout")

    def handle(self, **options: Any) -> None:
        project = find_project(options["slug"])
        content = write_document(project)
        if options["out"] is None:
            self.stdout.write(content.decode(), ending="")
            self.print_note(f'{{"project":"{project.slug}"}}')
            return
        write_whole([content], options["out"])
        self.print_result({"project": project.slug})
