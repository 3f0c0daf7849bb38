"""Serve a trained guard as an OpenAI-compatible endpoint on this machine."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from waitress.server import create_server

from corpus.commands import ProjectCommand
from guards import queries
from guards.serving import GuardApplication
from guards.training.small_guard import load_guard

HOST = "127.0.0.1"


class Command(ProjectCommand):
    help = "Serve a trained guard as an OpenAI-compatible endpoint on this machine, until it is stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--port", type=int, default=8300, help="default 8300; 0 for any that is free")

    def handle(self, **options: Any) -> None:
        guard = queries.find_guard(self.project(options), options["name"])
        application = GuardApplication(load_guard(Path(guard.folder)), guard.name)
        try:
            server = create_server(application, host=HOST, port=options["port"], threads=2)
        except OSError as error:
            reason = f"Port {options['port']} cannot be used: {error.strerror}. Choose another with --port."
            raise CommandError(reason, returncode=2) from error
        self.print_result({"guard": guard.name, "base_url": f"http://{HOST}:{server.effective_port}/v1"})
        self.stdout.flush()
        server.run()
