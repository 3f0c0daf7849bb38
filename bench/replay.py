"""
Replay votes through the queue with *Stop early*: how many of the votes that are wanted are needed for the same labels.

    python -m bench.replay [--items 2000] [--every 20] [--small]

Three votes are wanted on each item, under `human` with a quorum of two; at a quorum of three nothing is spared. Votes
are made up, and those of davidson and dices990 where they are at hand. Six people claim and vote in turn; the n-th vote
on an item is the n-th of three that are drawn of its votes. A recount follows every few votes. Then *Stop early* is
turned off, all votes that were spared are cast as well, and labels and statuses are compared. Fails if any differs. The
least that is possible is (2 + d) / 3 of the votes, where d is the share of items whose first two votes differ: only two
that agree make a label that no third can change.
"""

import argparse
import csv
import gzip
import json
import os
import random
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count, cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adjudication.policies import POLICIES
from bench.options import at_least_one
from bench.temporary_home import temporary_home
from config.data_dir import CHECKOUT

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from corpus.models import Project

WANTED, PEOPLE, SMALL_ITEMS = 3, 6, 40
SHARE_UNSAFE, ACCURACY = 0.45, (0.95, 0.88, 0.7)
SETS = {"davidson": "prompt_label", "dices990": "response_label"}
Sheet = dict[str, list[str]]
"Three labels by the id of the item, in the order in which they are cast."


@dataclass(frozen=True)
class Replay:
    """What one set of votes came to."""

    items: int
    votes: int
    "Cast with *Stop early*."
    least: int
    "That would have been cast if a recount followed each vote."
    differing: int
    "Items that have another label or status once all votes are cast."

    @property
    def wanted(self) -> int:
        """How many votes are wanted in all."""
        return WANTED * self.items


def made_up(items: int, dice: random.Random) -> Sheet:
    """Return votes of three people of different accuracy."""
    sheet = {}
    for number in range(items):
        truth = dice.random() < SHARE_UNSAFE
        votes = [truth == (dice.random() < accuracy) for accuracy in ACCURACY]
        sheet[f"made-{number}"] = ["unsafe" if is_unsafe else "safe" for is_unsafe in dice.sample(votes, WANTED)]
    return sheet


def read_votes(path: Path, field: str, items: int, dice: random.Random) -> Sheet:
    """Return three votes on each of some items at random, of all that people cast on it."""
    every = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row[field]:
                every[row["item_id"]].append(row[field])
    names = sorted(name for name, labels in every.items() if len(labels) >= WANTED)
    return {name: dice.sample(every[name], WANTED) for name in dice.sample(names, min(items, len(names)))}


def write_dialogues(path: Path, names: Iterable[str], *, has_response: bool) -> None:
    """Write a dialogue of its own for each id: what it says does not matter here."""
    with path.open("w", encoding="utf-8") as file:
        for name in names:
            turns = [{"role": "user", "text": f"What is {name}?"}]
            turns += [{"role": "assistant", "text": f"It is {name}."}] if has_response else []
            file.write(json.dumps({"id": name, "turns": turns}) + "\n")


def replay(slug: str, field: str, sheet: Sheet, every: int, folder: Path) -> Replay:
    """Replay the votes of one set in a project of its own."""
    from annotation.actions import update_queue_settings
    from annotation.slots import open_slots_for_new_items
    from corpus.actions import create_project, import_dialogues

    project = create_project(slug=slug, policy="human", quorum=2, votes_wanted=WANTED, fields=(field,))
    path = folder / f"{slug}.jsonl"
    write_dialogues(path, sheet, has_response=field == "response_label")
    import_dialogues(project=project, path=path, on_reject=lambda *_: None)
    plain = {"gold_percent": 0, "repeat_percent": 0, "audit_percent": 0}
    update_queue_settings(project=project, by=None, settings=plain | {"stops_early": True})
    open_slots_for_new_items(project)
    people = Annotators(project, field, sheet)
    early, votes = people.work(every), people.votes
    update_queue_settings(project=project, by=None, settings=plain | {"stops_early": False})
    full = people.work(every)
    if people.votes != WANTED * len(sheet):
        raise SystemExit(f"{slug}: {people.votes} votes were cast of {WANTED * len(sheet)} that are wanted")
    unsafe = POLICIES["human"].unsafe_labels
    least = sum(2 + ((first in unsafe) != (second in unsafe)) for first, second, _ in sheet.values())
    return Replay(len(sheet), votes, least, sum(early[name] != full[name] for name in sheet))


class Annotators:
    """Six people who vote in turn what the sheet says next of an item."""

    def __init__(self, project: "Project", field: str, sheet: Sheet) -> None:
        from corpus.actions import add_member

        self.project, self.field, self.votes = project, field, 0
        self.left = {name: iter(labels) for name, labels in sheet.items()}
        names = (f"{project.slug}-{number}" for number in range(PEOPLE))
        self.users = [add_member(project=project, username=name, role="annotator").user for name in names]

    def work(self, every: int) -> dict[str, tuple[str, str | None]]:
        """Vote until nobody has anything left, with a recount every few votes; return status and label by item."""
        from adjudication.actions import recount_if_changed
        from adjudication.models import Decision

        without_work = 0
        recount_if_changed(project=self.project)
        for turn, user in zip(count(1), cycle(self.users), strict=False):
            without_work = 0 if self.vote(user) else without_work + 1
            if turn % every == 0 or without_work == PEOPLE:
                before = self.votes
                recount_if_changed(project=self.project)
                if without_work == PEOPLE and before == self.votes:
                    break
        decisions = Decision.objects.filter(item__project=self.project, policy=self.project.policy)
        rows = decisions.values_list("item__external_id", "status", self.field)
        return {name: (status, label) for name, status, label in rows}

    def vote(self, user: "User") -> bool:
        """Claim an item and vote on it; return whether there was one."""
        from annotation.actions import cast_vote
        from annotation.actions.votes import Answer
        from annotation.queue import claim_next
        from corpus.labels import Judgement

        lease = claim_next(project=self.project, user=user)
        if lease is None:
            return False
        name = lease.item.external_id
        label = next(self.left[name])
        categories = ("threat",) if label == "unsafe" else ()
        labels: dict[str, Any] = {self.field: label}
        answer = Answer(Judgement(**labels, categories=categories))
        cast_vote(project=self.project, user=user, external_id=name, lease=lease.id, answer=answer)
        self.votes += 1
        return True


def sheets(items: int) -> Iterable[tuple[str, str, Sheet]]:
    """Yield name, field and votes of each set that is at hand."""
    folder = Path(os.environ.get("ASSIZE_SHARED_DATA") or CHECKOUT.parent / "shared" / "data") / "votes"
    yield "made-up", "prompt_label", made_up(items, random.Random(6))
    for name, field in SETS.items():
        if (path := folder / name / "votes.csv.gz").exists():
            yield name, field, read_votes(path, field, items, random.Random(6))
        else:
            print(f"the votes of {name} are not here: {path} (ASSIZE_SHARED_DATA)")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.replay")
    parser.add_argument("--items", type=at_least_one, default=2_000, help="of each set, at random")
    parser.add_argument("--every", type=at_least_one, default=20, help="so many votes to a recount")
    parser.add_argument("--small", action="store_true", help=f"{SMALL_ITEMS} items")
    options = parser.parse_args()
    items = SMALL_ITEMS if options.small else options.items
    differing = 0
    with temporary_home() as folder:
        print(f"{'votes':<10}{'items':>8}{'cast':>8}{'of wanted':>11}{'least':>8}{'other labels':>14}")
        for name, field, sheet in sheets(items):
            found = replay(f"replay-{name}", field, sheet, options.every, folder)
            share, least = found.votes / found.wanted, found.least / found.wanted
            print(f"{name:<10}{found.items:>8,}{found.votes:>8,}{share:>11.1%}{least:>8.1%}{found.differing:>14,}")
            differing += found.differing
    return int(differing > 0)


if __name__ == "__main__":
    sys.exit(main())
