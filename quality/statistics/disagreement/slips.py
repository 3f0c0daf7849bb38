"""Slips: the same person answers otherwise on a repeat or on gold, or where they were unusually quick. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from quality.statistics.disagreement.exact import Stratum, Tail, exact_tail
from quality.statistics.disagreement.votes import Votes
from quality.statistics.profiles import Codes
from quality.statistics.scores import Flags

FEWEST = 5
"Repeats and gold of a person that a comparison with the others needs."
QUICKEST = 0.1
"The share of a person's own votes that are called quick."
FEWEST_TIMED = 20


@dataclass(frozen=True)
class Checks:
    """Repeats, or answers on gold; arrays of shape (checks,)."""

    item: Codes
    person: Codes
    answer: Codes
    "What the person said on the repeat, or on gold."
    expected: Codes
    "What the same person had said before, or the gold label."

    @property
    def differs(self) -> Flags:
        """Whether the answer is another one."""
        differs: Flags = self.answer != self.expected
        return differs

    def only(self, kept: Flags) -> "Checks":
        """Return some of the checks."""
        return Checks(self.item[kept], self.person[kept], self.answer[kept], self.expected[kept])


@dataclass(frozen=True)
class Slipping:
    """A person who answers repeats and gold otherwise more often than the others do."""

    person: int
    test: Tail
    n: int
    differing: int
    elsewhere: float
    "The share of the checks of the others that differ."


@dataclass(frozen=True)
class Haste:
    """People depart from most of the others more often where they were quick, each by their own measure."""

    test: Tail
    quick: float
    "The share of quick votes that depart."
    usual: float
    is_quick: Flags
    "Shape (votes,)."


def slipping_people(repeats: Checks, gold: Checks) -> list[Slipping]:
    """Test every person with enough checks against all others together, repeats and gold as two strata."""
    people = np.concatenate([repeats.person, gold.person])
    found = []
    for person in np.flatnonzero(np.bincount(people) >= FEWEST):
        strata = [against_others(checks, int(person)) for checks in (repeats, gold)]
        differing, n, others_differing, others = (sum(column) for column in zip(*strata, strict=True))
        if others >= FEWEST:
            test = exact_tail(strata)
            found.append(Slipping(int(person), test, n, differing, others_differing / others))
    return found


def against_others(checks: Checks, person: int) -> Stratum:
    """Return how many checks of a person differ, of how many, and the same of the others."""
    own = checks.person == person
    differs = checks.differs
    return int(differs[own].sum()), int(own.sum()), int(differs[~own].sum()), int((~own).sum())


def haste(votes: Votes) -> Haste | None:
    """Test whether quick votes depart from most of the others more often, by person; None if too few are timed."""
    quick, timed = quick_votes(votes)
    compared = timed & (votes.others >= 0)
    strata = list(by_person(votes, quick & compared, ~quick & compared))
    if not strata:
        return None
    departing, n, others_departing, others = (sum(column) for column in zip(*strata, strict=True))
    return Haste(exact_tail(strata), departing / n, others_departing / others, quick & compared)


def quick_votes(votes: Votes) -> tuple[Flags, Flags]:
    """Return which votes are among the quickest tenth of their person's, and which belong to who has enough of them."""
    quick, timed = np.zeros(len(votes.item), dtype=bool), np.zeros(len(votes.item), dtype=bool)
    has_time = ~np.isnan(votes.seconds)
    for person in np.unique(votes.person[has_time]):
        own = np.flatnonzero(has_time & (votes.person == person))
        if len(own) >= FEWEST_TIMED:
            timed[own] = True
            quick[own] = votes.seconds[own] < np.quantile(votes.seconds[own], QUICKEST)
    return quick, timed


def by_person(votes: Votes, quick: Flags, usual: Flags) -> Iterator[Stratum]:
    """Yield how many quick votes of each person depart, of how many, and the same of the usual ones."""
    for person in np.unique(votes.person[quick]):
        own = votes.person == person
        one, other = quick & own, usual & own
        if other.any():
            departs = votes.deviates
            yield int((departs & one).sum()), int(one.sum()), int((departs & other).sum()), int(other.sum())


def slip_examples(repeats: Checks, gold: Checks, person: int, most: int = 5) -> list[int]:
    """Return items of repeats and gold that a person answered otherwise, repeats first."""
    found = [
        int(item) for checks in (repeats, gold) for item in checks.item[checks.differs & (checks.person == person)]
    ]
    return list(dict.fromkeys(found))[:most]


def haste_examples(votes: Votes, found: Haste, most: int = 5) -> list[int]:
    """Return items on which a quick vote departs from most of the others, the quickest votes first."""
    departing = np.flatnonzero(found.is_quick & votes.deviates)
    order = departing[np.argsort(votes.seconds[departing], kind="stable")]
    return list(dict.fromkeys(votes.item[order].tolist()))[:most]
