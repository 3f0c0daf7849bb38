"""Back up the installation."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from config.backups.writing import make_backup
from corpus.commands import Command as Base


class Command(Base):
    help = "Write database, releases and a manifest with all hashes into a new folder, as of one moment."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--with-secrets", action="store_true", help="include the key that signs sessions and links")

    def handle(self, **options: Any) -> None:
        folder = options["folder"].resolve()
        manifest = make_backup(folder, with_secrets=options["with_secrets"])
        size = sum(part["bytes"] for part in manifest["parts"].values())
        self.print_result({"backup": str(folder), "files": len(manifest["parts"]), "bytes": size})
