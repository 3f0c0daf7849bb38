"""Store a prompt file as a prompt version."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from corpus.commands import Command as BaseCommand
from jury import actions
from jury.prompting import Prompt


class Command(BaseCommand):
    help = "Store a prompt file as a prompt version, for jurors of all projects. Its name is that of the file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, metavar="FILE", help="a TOML file, as in jury/prompts/")

    def handle(self, **options: Any) -> None:
        path: Path = options["path"]
        added = actions.add_prompt(path)
        prompt = Prompt.parse(path.read_text(encoding="utf-8"))
        self.print_result({"prompt": path.stem, "form": prompt.form, "send": prompt.send, "added": added is not None})
