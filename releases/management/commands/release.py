"""Make a release."""

import re
from argparse import ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from adjudication.commands import PolicyCommand
from corpus.models import Project
from releases import actions
from releases.places import shown_place
from releases.spec import ReleaseSpec


def shares(text: str) -> tuple[float, float, float]:
    """
    Return three shares from `0.9,0.04,0.06`.

    :raises ArgumentTypeError: if it is not three numbers
    """
    try:
        train, validation, test = (float(share) for share in text.split(","))
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not three shares, such as 0.9,0.04,0.06") from error
    return train, validation, test


def parse_day(text: str) -> str:
    """
    Return a date as it was typed.

    :raises ArgumentTypeError: if it is no day of the calendar, or in another form
    """
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r}: {error}") from error
    raise ArgumentTypeError(f"{text!r} is not a day such as 2026-03-31")


def parse_seed(text: str) -> int:
    """
    Return a whole number that JSON can hold.

    :raises ArgumentTypeError: if it is none, or has more than 64 bits
    """
    try:
        seed = int(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not a whole number") from error
    if not -(2**63) <= seed < 2**63:
        raise ArgumentTypeError("a seed has at most 64 bits")
    return seed


def parse_folder(text: str) -> Path:
    """
    Return the path of a folder.

    :raises ArgumentTypeError: if it is empty
    """
    if not text.strip():
        raise ArgumentTypeError("it is empty; name a folder")
    return Path(text).resolve()


class Command(PolicyCommand):
    help = "Make an immutable release: splits, votes, decisions, papers that describe it, manifest with hashes."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("release_version", metavar="VERSION")
        parser.add_argument(
            "--out", type=parse_folder, metavar="DIR", help="default: releases/PROJECT/VERSION in the data directory"
        )
        parser.add_argument("--splits", type=shares, default=(0.9, 0.04, 0.06), help="default 0.9,0.04,0.06")
        parser.add_argument("--seed", type=parse_seed, default=0)
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
            out=options["out"],
        )
        release = actions.make_release(project=self.project(options), spec=spec, policy_name=options["policy"])
        self.print_note(f"Written to {shown_place(release)}")
        self.print_result({"version": release.version, "rows": release.rows, "files": release.hashes})
