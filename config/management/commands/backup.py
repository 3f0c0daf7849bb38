"""Back up the installation."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from config.backups.writing import make_backup, make_backup_in_store
from config.direct import direct_connection
from corpus.commands import Command as Base
from releases.places import IN_STORE


class Command(Base):
    help = "Write database, releases and a manifest with all hashes into a new folder, as of one moment."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", metavar="DIR", help="a new folder; store:NAME for one in the bucket")
        parser.add_argument("--with-secrets", action="store_true", help="include the key that signs sessions and links")

    def handle(self, **options: Any) -> None:
        folder, secrets = options["folder"], options["with_secrets"]
        with direct_connection():  # a pooler may end a snapshot that waits for the dump
            if folder.startswith(IN_STORE):
                manifest = make_backup_in_store(folder.removeprefix(IN_STORE), with_secrets=secrets)
            else:
                folder = Path(folder).resolve()
                manifest = make_backup(folder, with_secrets=secrets)
        size = sum(part["bytes"] for part in manifest["parts"].values())
        self.print_result({"backup": str(folder), "files": len(manifest["parts"]), "bytes": size})
