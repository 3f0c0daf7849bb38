"""Restore a backup."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from config.backups.restoring import restore_backup, restore_from_store
from config.direct import direct_connection
from corpus.commands import Command as Base
from releases.places import IN_STORE


class Command(Base):
    help = "Restore a backup into an empty database and data directory, and migrate an older one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", metavar="DIR", help="the folder of a backup; store:NAME for one in the bucket")
        parser.add_argument("--replace", action="store_true", help="replace all data that is here now")

    def handle(self, **options: Any) -> None:
        if options["replace"]:
            self.print_note("Replacing everything in this database. The old folders stay beside the new ones.")
        folder, replace = options["folder"], options["replace"]
        with direct_connection():
            if folder.startswith(IN_STORE):
                manifest = restore_from_store(folder.removeprefix(IN_STORE), replace=replace)
            else:
                manifest = restore_backup(Path(folder).resolve(), replace=replace)
        rows = sum(manifest["rows"].values())
        self.print_result({"made_at": manifest["made_at"], "software": manifest["software"], "rows": rows})
