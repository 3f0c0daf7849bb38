"""Report which dialogues stand in a benchmark, or among the hashes of a public one."""

from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import CommandParser

from corpus.commands import ProjectCommand
from corpus.errors import Refused
from corpus.models import Project
from corpus.whole_files import write_whole
from guards import queries
from guards.contamination import (
    Contamination,
    compare,
    dialogues_of,
    dialogues_of_release,
    hashes_matcher,
    matcher_of,
)
from guards.hashes import read_hashes
from guards.models import Benchmark, HashList
from releases.spec import SPLITS

SHOWN = 10


class Command(ProjectCommand):
    also_archived = True
    help = "Count the dialogues that stand in a benchmark, word for word or nearly, or among hashes of a public one."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        against = parser.add_mutually_exclusive_group(required=True)
        against.add_argument("--benchmark", metavar="NAME", help="a benchmark of the project")
        against.add_argument("--hashes", type=Path, metavar="FILE", help="SHA-256 of normalized texts, one a line")
        against.add_argument("--hash-list", metavar="NAME", help="a list of hashes of the project")
        parser.add_argument("--task", choices=Benchmark.Task.values, help="of what the hashes are; default prompt")
        parser.add_argument("--release", metavar="V", help="compare a release; default: the dialogues in use")
        parser.add_argument("--split", choices=SPLITS, help=f"of the release; default {SPLITS[0]}")
        parser.add_argument("--out", type=Path, metavar="FILE", help="write every match there, as JSONL")

    def handle(self, **options: Any) -> None:
        check_options(options)
        found, about = self.compared(self.project(options), options)
        if options["out"]:
            lines = (orjson.dumps(each, option=orjson.OPT_APPEND_NEWLINE) for each in found.matches)
            write_whole(lines, options["out"])
        for each in found.examples[:SHOWN]:
            self.print_note(f"{each['id']}: {each['similarity']:.0%} like {each['case']}")
        if (more := found.equal + found.near - len(found.examples[:SHOWN])) and not options["out"]:
            self.print_note(f"… and {more:,} more; --out FILE writes all of them")
        contaminated = found.equal + found.near
        counts = {"rows": found.rows, "equal": found.equal, "near": found.near}
        share = round(contaminated / found.rows, 6) if found.rows else 0.0
        self.print_result(about | counts | {"share": share, "cases_found": len(found.cases)})

    def compared(self, project: Project, options: dict[str, Any]) -> tuple[Contamination, dict[str, Any]]:
        """Return what was found, and what was compared with how many cases."""
        release = queries.find_release(project, options["release"]) if options["release"] else None
        dialogues = dialogues_of_release(release, options["split"] or SPLITS[0]) if release else dialogues_of(project)
        if options["hashes"]:
            hashes = read_hashes(options["hashes"])
            found = compare(dialogues, hashes_matcher(hashes), options["task"] or Benchmark.Task.PROMPT)
            return found, {"against": options["hashes"].name, "cases": len(hashes)}
        if options["hash_list"]:
            source: Benchmark | HashList = queries.find_hash_list(project, options["hash_list"])
        else:
            source = queries.find_benchmark(project, options["benchmark"])
        return compare(dialogues, matcher_of(source), source.task), {"against": source.name, "cases": source.rows}


def check_options(options: dict[str, Any]) -> None:
    """
    :raises Refused: if one says nothing without another
    """
    if options["split"] and not options["release"]:
        raise Refused("--split is of a release: name that too, with --release.")
    if options["task"] and not options["hashes"]:
        raise Refused("--task says of what the hashes are; a benchmark has its own, and so has a list. Leave it out.")
