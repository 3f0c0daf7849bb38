"""
Show how certificates keep their promise on real votes, where some raters stand for the panel and all others for people.

    python -m bench.certified_votes [--rounds 200] [--small]

Reads votes/davidson and votes/dices990 below ASSIZE_SHARED_DATA; without them it says so and ends. In every round the
raters of each item are shuffled: the first few are its panel, the label of most others is that of people, and where
these are tied it is missing. Fails if more than 10 % of the rounds break a promise.
"""

import argparse
import csv
import gzip
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.certified_projects import CATEGORIES, Generator, Project, certificate, is_broken
from bench.options import at_least_one
from config.data_dir import CHECKOUT
from quality.statistics.profiles import Codes
from quality.statistics.scores import Flags

RISK, ERRORS = 0.10, (0.02, 0.05, 0.10, 0.20)
SETS = {"davidson": ("prompt_label", 2, 1_500), "dices990": ("response_label", 7, 300)}
"Of each set: the field, how many raters are the panel, and how many items are in the sample."


@dataclass(frozen=True)
class Votes:
    """Votes on one field; arrays of shape (votes,)."""

    item: Codes
    unsafe: Flags


def read_votes(path: Path, field: str) -> Votes:
    """Read a file of votes; those that leave the field out are not counted."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [(row["item_id"], row[field] == "unsafe") for row in csv.DictReader(lines) if row[field]]
    _, item = np.unique([name for name, _ in rows], return_inverse=True)
    return Votes(item, np.array([unsafe for _, unsafe in rows]))


def as_project(dice: Generator, votes: Votes, panel: int, sample: int) -> Project:
    """Return a project in which some raters of every item are its panel, and the others its people."""
    order = np.lexsort((dice.random(len(votes.item)), votes.item))
    item, unsafe = votes.item[order], votes.unsafe[order]
    first = np.searchsorted(item, item)
    of_panel, items = np.arange(len(item)) - first < panel, int(item.max()) + 1

    def tally(of: Flags) -> tuple[Codes, Codes]:
        return np.bincount(item[of], minlength=items), np.bincount(item[of & unsafe], minlength=items)

    (counted, against), (voters, theirs) = tally(of_panel), tally(~of_panel)
    people, none = 2 * theirs > voters, np.zeros((items, CATEGORIES), dtype=bool)
    return Project(
        hidden=people,
        people=people,
        agreeing=np.maximum(against, counted - against),
        counted=np.maximum(counted, 1),
        machine=np.where((counted < 2) | (2 * against == counted), -1, (2 * against > counted).astype(np.int64)),
        people_names=none,
        machine_names=none,
        draw=dice.random(items),
        odds=np.full(items, sample / items),
        settled=2 * theirs != voters,
        seen=np.zeros(items, dtype=bool),
    )


def figures(votes: Votes, panel: int, sample: int, error: float, rounds: int, seed: int = 5) -> tuple[float, ...]:
    """
    Return what rounds came to.

    :return: the share of rounds with a threshold, of those that broke the promise, the mean share of items without
        people, and the mean share of their labels that are people's, 0 to 1, over the rounds with a threshold
    """
    dice, rows = np.random.default_rng(seed), []
    for _ in range(rounds):
        project = as_project(dice, votes, panel, sample)
        threshold = certificate(project, error, RISK).threshold
        alone = project.settled & (project.alone(threshold) if threshold is not None else project.seen)
        same = 1 - project.wrong()[alone].mean() if alone.any() else np.nan
        rows.append((threshold is not None, is_broken(project, threshold, error), alone.mean(), same))
    kept = np.array(rows, dtype=float)
    found = kept[:, 0] > 0
    means = kept[found, 2:].mean(axis=0) if found.any() else (0.0, np.nan)
    return float(kept[:, 0].mean()), float(kept[:, 1].mean()), float(means[0]), float(means[1])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.certified_votes")
    parser.add_argument("--rounds", type=at_least_one, default=200)
    parser.add_argument("--small", action="store_true", help="10 rounds, without a limit")
    options = parser.parse_args()
    folder = Path(os.environ.get("ASSIZE_SHARED_DATA") or CHECKOUT.parent / "shared" / "data") / "votes"
    if not folder.is_dir():
        print(f"the real votes are not here: {folder} (ASSIZE_SHARED_DATA)")
        return 0
    worst = 0.0
    print(f"{'votes':<12}{'e':>6}{'threshold':>11}{'broken':>9}{'saved':>8}{'as people':>11}")
    for name, (field, panel, sample) in SETS.items():
        votes = read_votes(folder / name / "votes.csv.gz", field)
        for error in ERRORS:
            found, broken, saved, same = figures(votes, panel, sample, error, 10 if options.small else options.rounds)
            print(f"{name:<12}{error:>6.0%}{found:>11.1%}{broken:>9.1%}{saved:>8.1%}{same:>11.1%}")
            worst = max(worst, broken)
    return 0 if options.small else int(worst > RISK)


if __name__ == "__main__":
    sys.exit(main())
