"""Serve a trained guard as an OpenAI-compatible endpoint on this machine."""

import shlex
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from corpus.commands import ProjectCommand
from corpus.labels import FIELDS
from guards import queries
from guards.models import TrainedGuard
from guards.serving import base_url_of, server_of
from guards.training.small_guard import load_guard

PROMPT = "nemoguard-v1"
"The prompt version whose form a small guard answers in."


class Command(ProjectCommand):
    also_archived = True
    help = "Serve a trained guard as an OpenAI-compatible endpoint on this machine, until it is stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--port", type=int, default=8300, help="default 8300; 0 for any that is free")

    def handle(self, **options: Any) -> None:
        guard = queries.find_guard(self.project(options), options["name"])
        loaded = load_guard(Path(guard.folder))
        try:
            server = server_of(loaded, guard.name, options["port"])
        except OSError as error:
            reason = f"Port {options['port']} cannot be used: {error.strerror}. Choose another with --port."
            raise CommandError(reason, returncode=2) from error
        base_url = base_url_of(server)
        self.print_note(f"To add it as a juror: {add_command(guard, base_url)}")
        self.print_result({"guard": guard.name, "base_url": base_url})
        self.stdout.flush()
        server.run()


def add_command(guard: TrainedGuard, base_url: str) -> str:
    """Return the command that adds a served guard to the jurors of its project."""
    asks = ",".join(field for field in FIELDS if field.part in guard.manifest["heads"])
    options = {
        "project": guard.project.slug,
        "model": guard.name,
        "base-url": base_url,
        "prompt": PROMPT,
        "asks": asks,
        "trained-on": guard.release.version,
    }
    said = (word for name, value in options.items() for word in (f"--{name}", value))
    return shlex.join([".venv/bin/python", "manage.py", "add_juror", guard.name, *said, "--off-panel"])
