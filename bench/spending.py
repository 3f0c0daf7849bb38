"""
Time recount, claim and export of one project with and without what spends votes well, in turn.

    python -m bench.spending [--items 34248] [--repeat 3] [--claims 200] [--only plain ordered ...] [--small]

Three models have labelled every dialogue, three people those of the sample (5 %), and two people a tenth of the others;
three votes are wanted. Each way is set, recounted once, and then timed. Figures are medians: seconds of a second
recount and of an export, and milliseconds of a vote together with the claim of the next dialogue, by somebody new and
by Ada, who has voted on a seventh. In brackets is the time of the processor for this process and its database backend:
it tells more than seconds where other programs run. Compare with another commit by running `--only plain` there.
"""

import argparse
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.corpus import HUMANS, SMALL, TRUE_SCALE, write_dialogues, write_votes
from bench.options import at_least_one
from bench.temporary_home import temporary_home

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from corpus.models import Project

SAMPLE_PERCENT, ERROR, RISK = 5, 0.1, 0.1
VETERAN, OTHERS = "ada", ("ada", "bea")
"Of the people whose votes are imported: who claims as well, and who has voted outside the sample."
ORDER = {"orders_by": "disagreement"}
STOP = {"stops_early": True}
WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": ("majority", {}),
    "ordered": ("majority", ORDER),
    "stops early": ("majority", STOP),
    "ordered, stops early": ("majority", ORDER | STOP),
    "certified": ("certified", {}),
    "certified, ordered, stops early": ("certified", ORDER | STOP),
}
"Policy and settings of the queue; what is not named is as in `plain`."
PLAIN = {"gold_percent": 0, "repeat_percent": 0, "audit_percent": 0, "stops_early": False}
Figures = dict[str, list["Cost"]]
"By what was timed."


@dataclass(frozen=True)
class Cost:
    """What one call took, in seconds."""

    wall: float
    processor: float
    "Of this process and of its database backend, without parallel workers of that."


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.spending")
    parser.add_argument("--items", type=at_least_one, default=TRUE_SCALE)
    parser.add_argument("--repeat", type=at_least_one, default=3)
    parser.add_argument("--claims", type=at_least_one, default=200)
    parser.add_argument("--only", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--small", action="store_true", help="a few hundred dialogues, once")
    options = parser.parse_args()
    if options.small:
        options.items, options.repeat, options.claims = SMALL, 1, 5
    with temporary_home() as folder:
        project, people = make_project(options.items, folder)
        measured: dict[str, Figures] = {name: {} for name in options.only}
        for _ in range(options.repeat):
            for name, figures in measured.items():
                set_way(project, *WAYS[name])
                for what, cost in costs(project, people, options.claims):
                    figures.setdefault(what, []).append(cost)
        report(measured)
    return 0


def make_project(items: int, folder: Path) -> tuple["Project", dict[str, "User"]]:
    """Make the project and its votes; return it with the people who claim."""
    from annotation.actions import update_queue_settings
    from annotation.models import Annotator, Vote
    from annotation.slots import open_slots_for_new_items
    from corpus.actions import add_member, create_project, import_dialogues
    from workspace.actions import import_opinions

    project = create_project(slug="spending", votes_wanted=len(HUMANS))
    update_queue_settings(project=project, by=None, settings=PLAIN | {"sample_percent": SAMPLE_PERCENT})
    names = write_dialogues(folder / "dialogues.jsonl", times=1, count=items)
    import_dialogues(project=project, path=folder / "dialogues.jsonl", on_reject=lambda *_: None)
    open_slots_for_new_items(project)
    write_votes(folder / "all.csv", names)
    keep_votes(folder / "all.csv", folder / "votes.csv", in_sample(project))
    import_opinions(project=project, path=folder / "votes.csv", on_reject=print)
    people = {name: add_member(project=project, username=name, role="annotator").user for name in ("new", VETERAN)}
    profile = Annotator.objects.get(project=project, name=VETERAN)
    profile.user = people[VETERAN]
    profile.save()
    votes = Vote.objects.filter(annotator=profile).count()
    print(f"{items:,} dialogues; the veteran has cast {votes:,} votes", flush=True)
    return project, people


def in_sample(project: "Project") -> set[str]:
    """Return the ids of the dialogues that are in the sample."""
    from annotation.models import SampleDraw

    drawn = SampleDraw.objects.filter(project=project, in_sample=True)
    return set(drawn.values_list("item__external_id", flat=True))


def keep_votes(source: Path, target: Path, sample: set[str]) -> None:
    """Copy all votes of models, those of people on the sample, and those of two people on a tenth of the others."""
    dice = random.Random(3)
    others: dict[str, bool] = {}
    with source.open(encoding="utf-8") as lines, target.open("w", encoding="utf-8") as kept:
        kept.write(next(lines))
        for line in lines:
            item, rater, kind, *_ = line.split(",")
            is_other = others.setdefault(item, dice.random() < 0.1)
            if kind == "llm" or item in sample or (is_other and rater in OTHERS):
                kept.write(line)


def set_way(project: "Project", policy: str, settings: dict[str, Any]) -> None:
    """Set policy and queue of the project, and recount once, which changes what there is to change."""
    from django.db import connection

    from adjudication.actions import recount
    from annotation.actions import update_queue_settings
    from annotation.models import Queue

    if project.policy != policy:
        project.policy = policy
        project.certified_error, project.certified_risk = (ERROR, RISK) if policy == "certified" else (None, None)
        project.save()
    order = {"orders_by": "random"} if hasattr(Queue, "orders_by") else {}
    update_queue_settings(project=project, by=None, settings=PLAIN | order | settings)
    recount(project=project)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def costs(project: "Project", people: dict[str, "User"], claims: int) -> Iterator[tuple[str, Cost]]:
    """Yield what was timed, and what it took: a claim is the mean of several."""
    from adjudication.actions import recount

    yield "recount", timed(lambda: recount(project=project))
    for name, user in people.items():
        vote_and_claim(project, user, 1)
        cost = timed(partial(vote_and_claim, project, user, claims))
        yield name, Cost(1000 * cost.wall / claims, 1000 * cost.processor / claims)
    yield "export", timed(lambda: export(project))


def vote_and_claim(project: "Project", user: "User", times: int) -> None:
    """Vote on what a person holds, and claim their next dialogue; so many times."""
    from annotation.actions import cast_vote
    from annotation.actions.votes import Answer
    from annotation.queue import claim_next, find_held_lease
    from corpus.labels import Judgement

    lease = find_held_lease(project=project, user=user) or claim_next(project=project, user=user)
    for _ in range(times):
        if lease is None:
            raise SystemExit("the queue has nothing left")
        answer = Answer(Judgement(prompt_label="safe", response_label="safe" if lease.item.has_response else None))
        name = lease.item.external_id
        lease = cast_vote(
            project=project, user=user, external_id=name, lease=lease.id, answer=answer, takes_next=True
        ).next_lease


def export(project: "Project") -> None:
    """Export all decisions as JSON, and throw them away."""
    from corpus.snapshot import snapshot
    from releases.exporting import ExportQuery, stream_dataset

    with snapshot():
        for _ in stream_dataset(ExportQuery(project, project.policy), "json"):
            pass


def timed(call: Callable[[], Any]) -> Cost:
    """Return what a call takes."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    began, used = time.perf_counter(), processor_seconds(backend)
    call()
    return Cost(time.perf_counter() - began, processor_seconds(backend) - used)


def processor_seconds(backend: int) -> float:
    """Return the processor time of this process and of a backend."""
    try:
        fields = Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # the database runs elsewhere, or there is no /proc
        return time.process_time()
    return time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def report(measured: dict[str, Figures]) -> None:
    """Print a row for each way: seconds, or milliseconds of a claim, and processor time in brackets."""
    names = list(next(iter(measured.values())))
    print(f"{'':<32}" + "".join(f"{name:>18}" for name in names))
    for way, figures in measured.items():
        print(f"{way:<32}" + "".join(f"{shown(figures[name]):>18}" for name in names), flush=True)


def shown(taken: list[Cost]) -> str:
    """Return the medians of what a call took."""
    wall = statistics.median(each.wall for each in taken)
    return f"{wall:.2f} ({statistics.median(each.processor for each in taken):.2f})"


if __name__ == "__main__":
    sys.exit(main())
