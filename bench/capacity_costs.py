"""The processor time that votes, imports, recounts, jury calls and exports take; import it once Django is set up."""

import argparse
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User

from bench.corpus import SMALL, TRUE_SCALE, dialogues, write_dialogues, write_votes
from bench.export import FORMATS, download
from bench.jury import Bench, stub, workers
from bench.pipeline_round import analyze, run_stage
from bench.processor_time import processor_seconds
from bench.queue import FEW_VOTES, run_annotators, running_web
from corpus.actions import add_member, create_project
from corpus.actions.tokens import make_token
from corpus.models import Item, Project

AT_ONCE = 64
"Requests of the jury at once."
CALLS = 3000


@dataclass(frozen=True, slots=True)
class Cost:
    """What so many of something cost: processor seconds by program."""

    name: str
    amount: int
    spent: Counter[str] = field(default_factory=Counter)

    def report(self) -> None:
        """Print the seconds of each program for a thousand, and how many a second one core would do."""
        thousand = {name: 1000 * seconds / self.amount for name, seconds in self.spent.items() if name != "stub"}
        ours = sum(seconds for name, seconds in thousand.items() if name != "PostgreSQL")
        database = thousand.get("PostgreSQL", 0.0)
        per_core = 1000 / (ours + database) if ours + database else 0.0
        print(
            f"{self.name:<44}{self.amount:>10,}{ours:>10.2f} s{database:>12.2f} s{per_core:>14,.0f} a second",
            flush=True,
        )


def report_costs(options: argparse.Namespace, people: list[User], project: Project, folder: Path) -> None:
    """Print a line for each kind of work; votes and exports in the filled project, the others in small new ones."""
    print(f"\n{'processor time of a thousand':<44}{'measured':>10}{'ours':>12}{'PostgreSQL':>14}{'one core does':>16}")
    with running_web() as web:
        votes(web.address, project, people, options, folder).report()
        for cost in exports(web.address, project):
            cost.report()
    for cost in imports(SMALL if options.small else TRUE_SCALE, folder):
        cost.report()
    jury(60 if options.small else CALLS, folder).report()


def votes(address: str, project: Project, people: list[User], options: argparse.Namespace, folder: Path) -> Cost:
    """Let some people vote as fast as they can."""
    path, spent = folder / "tokens", Counter[str]()
    path.write_text("\n".join(make_token(user=person, name="bench") for person in people))
    limits = (60, FEW_VOTES // 10) if options.small else (options.seconds, None)
    run_annotators(address, project.slug, path, 2, limits[1])  # opens connections and plans statements
    with processor_seconds(spent):
        figures = run_annotators(address, project.slug, path, *limits)
    return Cost("votes over HTTP, each with its next item", figures["votes"], spent)


def exports(address: str, project: Project) -> list[Cost]:
    """Download the dataset in each format."""
    add_member(project=project, username=f"{project.slug}-lead", role="lead")
    token = make_token(user=User.objects.get(username=f"{project.slug}-lead"), name="bench")
    items, costs = Item.objects.filter(project=project).count(), []
    for form in FORMATS:
        spent = Counter[str]()
        with processor_seconds(spent):
            download(address, project.slug, token, form)
        costs.append(Cost(f"items exported as {form}", items, spent))
    return costs


def imports(count: int, folder: Path) -> list[Cost]:
    """Import dialogues and six opinions on each, and count them."""
    slug = create_project(slug=f"capacity-imports-{Project.objects.count()}").slug
    items = write_dialogues(folder / "dialogues.jsonl", times=1, count=count)
    opinions = write_votes(folder / "votes.csv", items)
    stages = (
        ("dialogues imported", "import_dialogues", count, folder / "dialogues.jsonl"),
        ("opinions imported, with the slots left", "import_votes", opinions, folder / "votes.csv"),
        ("items counted anew, with six opinions", "recount", count, None),
    )
    return [cost_of_stage(name, amount, stage, slug, path) for name, stage, amount, path in stages]


def cost_of_stage(name: str, amount: int, stage: str, *arguments: str | Path | None) -> Cost:
    """Run a stage of bench.stage in a process of its own."""
    spent = Counter[str]()
    with processor_seconds(spent):
        figures = run_stage(stage, *filter(None, arguments))
    analyze()  # as the commands do: without, the next stage knows only of the large project, and takes minutes
    return Cost(name, amount, spent + Counter({"command": figures["processor_seconds"]}))


class JuryBench(Bench):
    """A new project of its own, so that both benches can run at once, and again."""

    def __init__(self, folder: Path, rows: list[dict[str, Any]]) -> None:
        self.slug = f"capacity-jury-{Project.objects.count()}"
        super().__init__(folder, rows)


def jury(calls: int, folder: Path) -> Cost:
    """Run one juror over some dialogues; a stub answers, whose own time does not count."""
    spent = Counter[str]()
    bench = JuryBench(folder, list(islice(dialogues(), calls)))
    with stub("--delay", "0.1") as url, workers(1):
        bench.seconds_of_run(url, concurrency=AT_ONCE, limit=min(calls, 20))  # loads the code
        with processor_seconds(spent):
            bench.seconds_of_run(url, concurrency=AT_ONCE)
    return Cost("jury calls, each with its ballot", calls, spent)
