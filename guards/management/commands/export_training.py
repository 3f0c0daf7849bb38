"""Export training data of a release."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from corpus.commands import ProjectCommand
from guards import actions
from guards.training.example import Choice, check_sources
from guards.training.rendering import FORMATS


class Command(ProjectCommand):
    also_archived = True
    help = "Write a release as training data: a row for every label, asked as the guard will be asked."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--release", required=True, metavar="V")
        parser.add_argument("--prompt", required=True, metavar="VERSION", help="the prompt version")
        parser.add_argument(
            "--out", type=Path, metavar="DIR",
            help="a folder that is empty or new; default: training/PROJECT/VERSION/PROMPT in the data directory",
        )  # fmt: skip
        parser.add_argument("--format", choices=FORMATS, default=FORMATS[0], help="completion or messages")
        parser.add_argument("--sources", metavar="S,…", help="only labels decided by these, such as human,adjudicator")
        parser.add_argument("--refusals", action="store_true", help="refusals that are safe by construction, too")
        parser.add_argument(
            "--without", nargs="+", default=[], metavar="BENCHMARK",
            help="leave out dialogues that stand in these benchmarks, word for word or nearly",
        )  # fmt: skip
        parser.add_argument("--redacted", action="store_true", help="rows without their prompt, too")

    def handle(self, **options: Any) -> None:
        sources = check_sources((options["sources"] or "").split(","))
        folder, manifest = actions.export_training(
            project=self.project(options),
            version=options["release"],
            prompt=options["prompt"],
            choice=Choice(sources=sources, refusals=options["refusals"], redacted=options["redacted"]),
            form=options["format"],
            folder=options["out"] and options["out"].resolve(),
            without=options["without"],
        )
        files = manifest["files"]
        rows = sum(file["rows"] for file in files.values())
        hashes = {name: file["sha256"] for name, file in files.items()}
        for each in manifest["without"]:
            self.print_note(f"Left out for {each['benchmark']}: {counts_in_words(each['left_out'])}.")
        self.print_result({"rows": rows, "files": hashes, "folder": str(folder)})


def counts_in_words(left_out: dict[str, dict[str, int]]) -> str:
    """Return how many dialogues of each split are left out, in words."""
    return ", ".join(
        f"{split} {counts['equal']:,} equal and {counts['near']:,} near" for split, counts in left_out.items()
    )
