"""
Show how often the intervals of estimates from a blind random sample cover, on simulated projects.

    python -m bench.estimates [--projects 2000] [--small]

A project has 2,000 items of two sources, three people and five jurors an item. Jurors err alike: each says with some
probability what a leader says, who errs more on items on which people are divided. A category is on 4 % of the items.
A twentieth or a tenth of the items is the sample; in a third of the projects odds differ between items. The figures of
a project are those of all its items, by what people say of them. Fails if an interval covers in less than 93 % of the
projects, or if a juror that is exactly epsilon worse than a person is taken for better in more than 7 % of tests.
"""

import argparse
import sys
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from bench.options import at_least_one
from quality.statistics.alternative_annotator import EPSILON, FALSE_DISCOVERIES, compare
from quality.statistics.prediction_powered import Sample, estimate_share
from quality.statistics.profiles import Numbers
from quality.statistics.scores import Flags, score
from quality.statistics.weighted_scores import score_on_sample

ITEMS, JURORS, SMALL_PROJECTS = 2_000, 5, 40
LEAST_COVERAGE, MOST_WRONG = 0.93, 0.07
Generator = np.random.Generator


@dataclass(frozen=True)
class Simulated:
    """A simulated project; arrays of shape (items,), and those of jurors (jurors, items)."""

    truth: Flags
    "Whether most of three people call the item unsafe."
    jurors: Flags
    has_category: Flags
    names_category: Numbers
    "The share of the jurors that name the category."
    source: Flags
    odds: Numbers
    in_sample: Flags


def simulate(dice: Generator) -> Simulated:
    """Return a project of random size of errors."""
    source, hidden = dice.random(ITEMS) < 0.3, dice.random(ITEMS)
    unsafe = hidden < np.where(source, dice.uniform(0.02, 0.6), dice.uniform(0.05, 0.4))
    hard = dice.random(ITEMS) < 0.2
    people = unsafe ^ (dice.random((3, ITEMS)) < np.where(hard, 0.35, 0.05))
    leader = unsafe ^ (dice.random(ITEMS) < np.where(hard, 0.45, dice.uniform(0.02, 0.25)))
    own = unsafe ^ (dice.random((JURORS, ITEMS)) < dice.uniform(0.05, 0.4, (JURORS, 1)))
    jurors = np.where(dice.random((JURORS, ITEMS)) < dice.uniform(0, 0.9), leader, own)
    has_category = dice.random(ITEMS) < 0.04
    names = dice.random((JURORS, ITEMS)) < np.where(has_category, 0.7, 0.02)
    few, many = dice.choice([(0.05, 0.05), (0.1, 0.1), (0.05, 0.2)])
    odds = np.where(dice.random(ITEMS) < 0.5, few, many)
    in_sample = dice.random(ITEMS) < odds
    return Simulated(people.sum(axis=0) > 1, jurors, has_category, names.mean(axis=0), source, odds, in_sample)


def covers(project: Simulated) -> dict[str, tuple[bool, float, float]]:
    """Return, for each figure, whether its interval covers that of all items, its width, and what it is worth."""
    predicted = project.jurors.mean(axis=0)
    everything = np.ones(ITEMS, dtype=bool)
    figures = {
        "share of unsafe": prevalence(project, project.truth, predicted, everything),
        "share of unsafe, without jurors": prevalence(project, project.truth, np.zeros(ITEMS), everything),
        "share of unsafe in one source": prevalence(project, project.truth, predicted, project.source),
        "share of a rare category": prevalence(project, project.has_category, project.names_category, everything),
    }
    for name, labels in (("a juror", project.jurors[0]), ("the panel", predicted > 0.5)):
        chosen, full = project.in_sample, score(labels, project.truth)
        estimated = score_on_sample(labels[chosen], project.truth[chosen], project.odds[chosen])
        for kind, figure, of_all in (("accuracy", estimated.accuracy, full.accuracy), ("F1", estimated.f1, full.f1)):
            if figure.low is not None and figure.high is not None and of_all is not None:
                covered = figure.low <= of_all <= figure.high
                figures[f"{kind} of {name}"] = (covered, figure.high - figure.low, 1.0)
    return {name: found for name, found in figures.items() if found is not None}


def prevalence(project: Simulated, truth: Flags, predicted: Numbers, of: Flags) -> tuple[bool, float, float] | None:
    """Return whether the interval of a share covers, its width, and how many labels one is worth; or None."""
    chosen = project.in_sample & of
    sample = Sample(truth[chosen].astype(float), predicted[chosen], project.odds[chosen])
    share = estimate_share(sample, predicted[of])
    if share.low is None or share.high is None or share.worth is None:
        return None
    return bool(share.low <= truth[of].mean() <= share.high), share.high - share.low, share.worth / share.n


def wrongly_passed(dice: Generator) -> bool:
    """Return whether a test against one person takes a model that is exactly epsilon worse for better than that."""
    ties = dice.uniform(0.2, 0.6)
    wins = (1 - ties - EPSILON) / 2
    better = dice.choice([-1.0, 0.0, 1.0], size=int(dice.integers(30, 200)), p=[wins, ties, wins + EPSILON])
    return compare(0, better, np.ones(len(better)), EPSILON).p <= FALSE_DISCOVERIES


def run(projects: int, seed: int = 1) -> tuple[dict[str, Numbers], float]:
    """
    Simulate projects.

    :return: by figure, shape (3,): the share of projects in which it covers, its mean width, and the mean worth of a
        label; and the share of tests that take a model for better than it is
    """
    dice = np.random.default_rng(seed)
    found: dict[str, list[tuple[bool, float, float]]] = defaultdict(list)
    for _ in range(projects):
        for name, each in covers(simulate(dice)).items():
            found[name].append(each)
    wrong = sum(wrongly_passed(dice) for _ in range(4 * projects)) / (4 * projects)
    return {name: np.array(rows, dtype=float).mean(axis=0) for name, rows in found.items()}, wrong


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.estimates")
    parser.add_argument("--projects", type=at_least_one, default=2_000)
    parser.add_argument("--small", action="store_true", help=f"{SMALL_PROJECTS} projects, without a limit")
    options = parser.parse_args()
    figures, wrong = run(SMALL_PROJECTS if options.small else options.projects)
    print(f"{'figure':<34}{'covers':>8}{'width':>8}{'worth':>8}")
    for name, (covered, width, worth) in figures.items():
        print(f"{name:<34}{covered:>7.1%}{width:>8.3f}{worth:>8.2f}")
    print(f"a juror that is epsilon worse than a person passes against them in {wrong:.1%}")
    lowest = min(float(figure[0]) for figure in figures.values())
    return 0 if options.small else int(lowest < LEAST_COVERAGE or wrong > MOST_WRONG)


if __name__ == "__main__":
    sys.exit(main())
