"""Base classes of commands: those with a policy, and those that write lines to a file or to stdout."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from adjudication.policies import POLICIES
from corpus.commands import ProjectCommand
from corpus.whole_files import write_whole


class PolicyCommand(ProjectCommand):
    """A command about a project under one policy."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--policy", choices=sorted(POLICIES), help="default: the project's own")


class ListingCommand(PolicyCommand):
    """Writes data to --out and the summary to stdout; without --out, data to stdout and the summary to stderr."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--out", type=Path, metavar="FILE", help="default: stdout")

    def write(self, blocks: Iterator[bytes], out: Path | None) -> None:
        """
        Write blocks to a file, or to stdout if there is none.

        :raises Refused: if the file cannot be written
        """
        if out is None:
            for block in blocks:
                sys.stdout.buffer.write(block)
            sys.stdout.buffer.flush()
            return
        write_whole(blocks, out)

    def print_summary(self, content: dict[str, Any], out: Path | None) -> None:
        """Print the summary as JSON: to stdout if the data went to a file, else to stderr."""
        if out is None:
            self.stdout = self.stderr
            self.stderr.style_func = None
        self.print_result(content)
