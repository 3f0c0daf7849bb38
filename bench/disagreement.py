"""
Show how often planted causes of disagreement are named, and how often people who are all alike give a false alarm.

    python -m bench.disagreement [--projects 200] [--small]

A project has 900 items, three votes on each by 12 people, eight categories of unequal frequency, each with two passages
to which one item in five is assigned wrongly or not at all, 400 repeats, and 25 answers of each person on gold. It has
1,800 items where one passage is unclear. With 23 categories it has 1,200 items, none of them safe, the first category
occurs 23 times as often as the last, and slips name each as often as it occurs. In each kind of project people slip
alike; what else they do is its name. Fails if a planted cause is named in less than 90 % of its projects, if people who
are alike give an alarm in more than 5 % and by more than chance allows (one-sided, at 1 %), or if the interval of slips
covers in less than 90 %.
"""

import argparse
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from bench.options import at_least_one
from quality.statistics.disagreement.passages import Passages
from quality.statistics.disagreement.sizes import sizes
from quality.statistics.disagreement.slips import Checks
from quality.statistics.disagreement.votes import FIRST_CATEGORY, Votes
from quality.statistics.disagreement.why import Causes, Material, examine, named
from quality.statistics.profiles import Codes, Numbers
from quality.statistics.scores import Flags

ITEMS, PEOPLE, VOTES, PASSAGES, REPEATS, GOLD, SMALL_PROJECTS = 900, 12, 3, 2, 400, 25, 4
EIGHT, MANY = 1 / np.arange(1, 9) ** 0.5, 1 / np.arange(1, 24)
"How often each category occurs, beside the others."
ASSIGNED = 0.8
"The share of items that are assigned to the passage they are about; of the others, a third to none."
SLIP, LEAST_NAMED, MOST_FALSE, LEAST_COVERAGE = 0.04, 0.9, 0.05, 0.9
X = FIRST_CATEGORY + 1
"The category that the unclear rule and the different values are about."
Generator = np.random.Generator


@dataclass(frozen=True)
class People:
    """How people answer besides what an item is."""

    items: int = ITEMS
    slip: Numbers = field(default_factory=lambda: np.full(PEOPLE, SLIP))
    "Shape (people,): the probability of a random answer."
    frequency: Numbers = field(default_factory=lambda: EIGHT)
    "Shape (categories,)."
    safe: float = 0.5
    "The share of items that are safe, and of random answers."
    slips_to_frequent: bool = False
    "Whether random answers name a category as often as it occurs, or all of them equally often."
    unclear_until: int = 0
    "Under versions of the guideline before this one, items of X are called safe or X by the toss of a coin."
    unclear_passage: bool = False
    "Items about the first passage of X are called safe or X by the toss of a coin."
    lenient: Codes = field(default_factory=lambda: np.zeros(PEOPLE, dtype=np.int64))
    "Shape (people,): 1 for those to whom items of X are safe."
    quick_slip: float = 0.0
    "The probability of a random answer where somebody was quick, beside `slip`."
    divided: float = 0.0
    "The share of items, whatever their category, on which everybody tosses a coin, once."


def truth_of(dice: Generator, people: People) -> tuple[Codes, Codes]:
    """Return what each item is, and its category if it has one, the first ones more often."""
    category = categories_of(dice, people.frequency, people.items)
    return np.where(dice.random(people.items) < people.safe, 0, category), category


def categories_of(dice: Generator, frequency: Numbers, size: int) -> Codes:
    """Return categories, each as often as it occurs: shape (size,)."""
    return FIRST_CATEGORY + dice.choice(len(frequency), size=size, p=frequency / frequency.sum())


def random_answers(dice: Generator, people: People, size: int) -> Codes:
    """Return slips: shape (size,)."""
    is_safe = dice.random(size) < people.safe
    if people.slips_to_frequent:
        return np.where(is_safe, 0, categories_of(dice, people.frequency, size))
    return np.where(is_safe, 0, FIRST_CATEGORY + dice.integers(len(people.frequency), size=size))


@dataclass(frozen=True)
class Given:
    """Who is asked about which item, when; arrays of shape (asked,)."""

    truth: Codes
    other: Codes
    "What those answer who do not answer the truth."
    person: Codes
    version: Codes
    quick: Codes
    unclear: Codes
    "1 where the item is about the passage that may be unclear."


def answers_of(dice: Generator, people: People, asked: Given, settled: Codes) -> Codes:
    """Return answers: shape (asked,). `settled` is what each would say without slips."""
    slips = dice.random(len(settled)) < people.slip[asked.person] + people.quick_slip * asked.quick
    return np.where(slips, random_answers(dice, people, len(settled)), settled)


def settled_answers(dice: Generator, people: People, asked: Given, divided: Codes) -> Codes:
    """Return what people would say without slips: shape (asked,)."""
    is_x, coin = asked.truth == X, dice.random(len(asked.truth)) < 0.5
    unclear = is_x & (asked.version < people.unclear_until) | (divided == 1)
    unclear |= (asked.unclear == 1) & people.unclear_passage
    answer = np.where(unclear & coin, asked.other, asked.truth)
    return np.where(is_x & (people.lenient[asked.person] == 1), 0, answer)


@dataclass(frozen=True)
class Project:
    """A simulated project."""

    material: Material
    marked: Flags
    "Shape (items,): those on which people differ for another reason than slips."


def marked_items(people: People, truth: Codes, divided: Flags, about: Codes) -> Flags:
    """Return the items on which people differ for another reason than slips: shape (items,)."""
    unclear = np.arange(people.items) // (people.items // 2) < people.unclear_until
    unclear |= (about == 0) & people.unclear_passage
    marked: Flags = divided | (truth == X) & (unclear | people.lenient.any())
    return marked


def simulate(dice: Generator, people: People) -> Project:
    """Return the votes, repeats and gold of a project whose guideline changed the text of X halfway."""
    truth, category = truth_of(dice, people)
    about = dice.integers(PASSAGES, size=people.items)
    is_unclear = ((truth == X) & (about == 0)).astype(np.int64)
    other = np.where(truth == 0, category, 0)
    item = np.repeat(np.arange(people.items), VOTES)
    person = np.concatenate([dice.choice(PEOPLE, VOTES, replace=False) for _ in range(people.items)])
    seconds = dice.lognormal(3, 0.5, size=len(item))
    quick = np.zeros(len(item), dtype=np.int64)
    for each in range(PEOPLE):
        own = person == each
        quick[own] = seconds[own] < np.quantile(seconds[own], 0.1)
    asked = Given(
        truth[item], other[item], person, (item >= people.items // 2).astype(np.int64), quick, is_unclear[item]
    )
    is_divided = dice.random(people.items) < people.divided
    divided = is_divided.astype(np.int64)[item]
    settled = settled_answers(dice, people, asked, divided)
    answer = answers_of(dice, people, asked, settled)
    again = dice.choice(len(item), size=REPEATS, replace=False)
    repeated = Given(*(column[again] for column in vars(asked).values()))
    # Where the rule is unclear, somebody who is asked again tosses the coin again; on a divided item they stay with it.
    anew = np.where(
        divided[again] == 1, settled[again], settled_answers(dice, people, repeated, np.zeros(REPEATS, dtype=np.int64))
    )
    repeats = Checks(item[again], person[again], answers_of(dice, people, repeated, anew), answer[again])
    known = gold(dice, people)
    votes = Votes(item, person, answer, asked.version, seconds, np.zeros_like(item))
    passages = passages_of(dice, len(people.frequency), category, about)
    material = Material(votes, repeats, known, {1: [X]}, passages=passages)
    return Project(material, marked_items(people, truth, is_divided, about))


def passages_of(dice: Generator, categories: int, category: Codes, about: Codes) -> Passages:
    """Return the passages of the categories, and which of them each item is near, right or wrong."""
    near = np.where(dice.random(len(about)) < ASSIGNED, about, dice.integers(-1, PASSAGES, size=len(about)))
    of_category = np.repeat(np.arange(FIRST_CATEGORY, FIRST_CATEGORY + categories), PASSAGES)
    return Passages(of_category, np.where(near < 0, -1, (category - FIRST_CATEGORY) * PASSAGES + near))


def gold(dice: Generator, people: People) -> Checks:
    """Return answers of everybody on items whose label is known, none of them of X."""
    person = np.repeat(np.arange(PEOPLE), GOLD)
    truth = np.where(dice.random(len(person)) < 0.5, 0, FIRST_CATEGORY)
    nothing = np.zeros_like(person)
    said = answers_of(dice, people, Given(truth, nothing, person, nothing, nothing, nothing), truth)
    return Checks(np.arange(len(person)), person, np.minimum(said, 1), np.minimum(truth, 1))


def causes_of(material: Material) -> Causes:
    """Return the causes that are named in a project."""
    [found] = named([examine(material)])
    return found


SLOPPY = np.where(np.arange(PEOPLE) == 0, 0.3, SLIP)
HALF = (np.arange(PEOPLE) < PEOPLE // 2).astype(np.int64)
FEW = (np.arange(PEOPLE) < 3).astype(np.int64)
AMONG_MANY = People(items=1_200, frequency=MANY, safe=0, slips_to_frequent=True)
PAIR = {0, X}


def has_pair(causes: Causes) -> bool:
    """Return whether an unclear rule between safe and X is named."""
    return any({each.a, each.b} == PAIR for each in causes.confusions)


def leans_on_pair(causes: Causes) -> bool:
    """Return whether different values between safe and X are named, and no others."""
    return [{each.a, each.b} for each in causes.splits] == [PAIR]


def has_changed(causes: Causes) -> bool:
    """Return whether it is named that X was unclear until its text changed."""
    return [each.a for each in causes.changes] == [X]


def has_passage(causes: Causes) -> bool:
    """Return whether the first passage of X is named, and no other."""
    return [each.passage for each in causes.passages] == [(X - FIRST_CATEGORY) * PASSAGES]


def slips_more(causes: Causes) -> bool:
    """Return whether the first person is named as slipping more, and nobody else."""
    return [each.person for each in causes.slipping] == [0]


PLANTED: dict[str, tuple[People, Callable[[Causes], bool]]] = {
    "a rule that was unclear until its text changed": (People(unclear_until=1), has_changed),
    "a rule that is unclear": (People(unclear_until=2), has_pair),
    "a passage of a rule that is unclear": (People(items=2 * ITEMS, unclear_passage=True), has_passage),
    "values: six of twelve people": (People(lenient=HALF), leans_on_pair),
    "values: three of twelve people": (People(lenient=FEW), leans_on_pair),
    "values: six of twelve people, 23 categories": (replace(AMONG_MANY, lenient=HALF), leans_on_pair),
    "one person slips more": (People(slip=SLOPPY), slips_more),
    "slips where people are quick": (People(quick_slip=0.3), lambda found: bool(found.haste)),
}
"What is planted, and whether it is named."
ALIKE: dict[str, People] = {
    "alike": People(),
    "alike, many slips": People(slip=np.full(PEOPLE, 0.15)),
    "alike, divided on 15 % of the items": People(divided=0.15),
    "alike, 23 categories, slips of 2 %": replace(AMONG_MANY, slip=np.full(PEOPLE, SLIP / 2)),
}


@dataclass(frozen=True)
class Result:
    """What became of the projects of one kind."""

    named: float
    "The share in which the planted cause is named, or anything where people are alike."
    covered: float
    "The share in which the interval of slips has their true share."
    shares: list[float]
    "Mean shares: slips, rules, values, not told apart."


def run(people: People, is_named: Callable[[Causes], bool], projects: int, seed: int = 1) -> Result:
    """Simulate projects of one kind."""
    dice, rows = np.random.default_rng(seed), []
    for _ in range(projects):
        project = simulate(dice, people)
        found = causes_of(project.material)
        sized = sizes(project.material, found, draws=400)
        shares = [sized.slips, sized.rules, sized.values, sized.rest]
        true = true_slips(project)
        covers = (sized.slips.low or 0) <= true <= (sized.slips.high or 0)
        rows.append([is_named(found), covers, *(each.value or 0 for each in shares)])
    named_, covered, *means = np.array(rows, dtype=float).mean(axis=0).tolist()
    return Result(named_, covered, means)


def true_slips(project: Project) -> float:
    """Return the share of contested items that slips alone make: as often as on items without another cause."""
    items = project.material.votes.items
    alone = items.contested[~project.marked].mean()
    marked_excess = items.contested[project.marked].sum() - alone * project.marked.sum()
    return float(1 - max(0, marked_excess) / items.contested.sum())


def chance_allows(projects: int) -> int:
    """Return the most alarms that a true rate of MOST_FALSE gives but once in a hundred times."""
    odds = [math.comb(projects, k) * MOST_FALSE**k * (1 - MOST_FALSE) ** (projects - k) for k in range(projects + 1)]
    return int(np.searchsorted(np.cumsum(odds), 0.99))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.disagreement")
    parser.add_argument("--projects", type=at_least_one, default=200)
    parser.add_argument("--small", action="store_true", help=f"{SMALL_PROJECTS} projects, without a limit")
    options = parser.parse_args()
    n = SMALL_PROJECTS if options.small else options.projects
    print(f"{'people':<48}{'named':>7}{'covers':>8}{'slips':>7}{'rules':>7}{'values':>8}{'rest':>7}")
    planted = {name: run(people, is_named, n) for name, (people, is_named) in PLANTED.items()}
    alike = {name: run(people, lambda found: bool(found.tests), n, seed=2) for name, people in ALIKE.items()}
    for name, found in (planted | alike).items():
        slips, rules, values, rest = found.shares
        print(f"{name:<48}{found.named:>7.1%}{found.covered:>8.1%}{slips:>7.2f}{rules:>7.2f}{values:>8.2f}{rest:>7.2f}")
    missed = min(found.named for found in planted.values()) < LEAST_NAMED
    alarms = max(found.named for found in alike.values()) * n > chance_allows(n)
    uncovered = min(found.covered for found in (planted | alike).values()) < LEAST_COVERAGE
    return 0 if options.small else int(missed or alarms or uncovered)


if __name__ == "__main__":
    sys.exit(main())
