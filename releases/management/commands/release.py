"""Make a release."""

import re
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from adjudication.commands import PolicyCommand
from corpus.models import Project
from releases import actions
from releases.spec import ReleaseSpec


def shares(text: str) -> tuple[float, float, float]:
    """Return three shares from `0.9,0.04,0.06`; argparse reports a ValueError."""
    train, validation, test = (float(share) for share in text.split(","))
    return train, validation, test


def parse_day(text: str) -> str:
    """Return a date as it was typed; argparse reports a ValueError."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError
    return text


class Command(PolicyCommand):
    help = "Make an immutable release: splits, votes, decisions, papers that describe it, manifest with hashes."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("release_version", metavar="VERSION")
        parser.add_argument(
            "--out", type=Path, metavar="DIR", help="default: releases/PROJECT/VERSION in the data directory"
        )
        parser.add_argument("--splits", type=shares, default=(0.9, 0.04, 0.06), help="default 0.9,0.04,0.06")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument(
            "--split-by",
            choices=Project.SplitBy.values,
            help="never in two splits: equal prompts, or clusters of near-duplicates; default: the project's own",
        )
        parser.add_argument("--license", nargs="+", metavar="L", help="only items under these licences")
        parser.add_argument("--date", type=parse_day, metavar="YYYY-MM-DD", help="the only date in the files")
        parser.add_argument("--truncate", action="store_true", help="first user and first assistant turn only")

    def handle(self, **options: Any) -> None:
        spec = ReleaseSpec(
            version=options["release_version"],
            splits=options["splits"],
            seed=options["seed"],
            split_by=options["split_by"],
            licenses=tuple(options["license"]) if options["license"] else None,
            date=options["date"],
            truncate=options["truncate"],
            out=options["out"].resolve() if options["out"] else None,
        )
        release = actions.make_release(project=self.project(options), spec=spec, policy_name=options["policy"])
        self.print_note(f"Written to {release.folder}")
        self.print_result({"version": release.version, "rows": release.rows, "files": release.hashes})
