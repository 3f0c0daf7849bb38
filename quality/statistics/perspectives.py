"""
Figures of groups of people on one label field: shares, and agreement within and between groups. Pure, on numpy arrays.

Every figure has contributors: people with a vote that it counts. The rules of `annotation.disclosure` hold for these,
not only for the groups, because a group of enough people may have few who voted on a field, or on the same items.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from annotation.disclosure import Division, People, is_shown, stand_together
from quality.statistics.agreement import Ratings, percent_agreement
from quality.statistics.profiles import Codes, Numbers
from quality.statistics.reliability import cross_replication_kappa, krippendorff_alpha
from quality.statistics.scores import Flags

Cell = tuple[int, int]
"Two sets of a division by index: whose votes, and compared with those of whom."


@dataclass(frozen=True)
class Votes:
    """Votes with a label in one field; arrays of shape (votes,)."""

    item: Codes
    "0 … items - 1"
    person: Codes
    "Primary key."
    label: Codes
    "0 … labels - 1"

    def counts(self, chosen: Flags | None = None) -> dict[int, int]:
        """Return how many of the votes each person gave; `chosen` has shape (votes,)."""
        people, counts = np.unique(self.person if chosen is None else self.person[chosen], return_counts=True)
        return dict(zip(people.tolist(), counts.tolist(), strict=True))


def shown_shares(votes: Votes, divisions: Mapping[str, Division]) -> dict[str, Division]:
    """Return the divisions, of those who voted on this field, whose label shares may be shown side by side."""
    counts = votes.counts()
    shown: dict[str, Division] = {}
    for key, division in divisions.items():
        here = restricted(division, frozenset(counts))
        enough = all(is_shown(people, counts, here.least_people) for people in all_sets(here, division))
        if enough and all(stand_together(here, other) for other in shown.values()):
            shown[key] = here
    return shown


def shown_agreement(votes: Votes, divisions: Mapping[str, Division]) -> dict[str, Division]:
    """Return the divisions whose agreement, within all sets and between every two, may be shown side by side."""
    shown: dict[str, Division] = {}
    known: dict[str, dict[Cell, People]] = {}
    for key, division in divisions.items():
        cells = comparing(votes, division)
        counts = {cell: votes.counts(chosen) for cell, chosen in cells.items()}
        people = {cell: frozenset(each) for cell, each in counts.items()}
        enough = all(is_shown(people[cell], each, division.least_people) for cell, each in counts.items())
        if enough and all(apart(division, people, shown[other], known[other]) for other in shown):
            shown[key], known[key] = division, people
    return shown


def apart(first: Division, mine: Mapping[Cell, People], second: Division, theirs: Mapping[Cell, People]) -> bool:
    """Return whether agreement by two divisions may stand side by side, given who contributes to each figure."""
    least = max(first.least_people, second.least_people)
    pairs = product(pooled(mine), pooled(theirs))
    return stand_together(within(first, mine), within(second, theirs)) and all(
        not 0 < len(one ^ other) < least for one, other in pairs
    )


def within(division: Division, people: Mapping[Cell, People]) -> Division:
    """Return who contributes to the agreement within each set, as a division without a rest."""
    count = len(division.sets)
    return Division(division.least_people, {str(at): people[at, at] for at in range(count)}, frozenset())


def pooled(people: Mapping[Cell, People]) -> list[People]:
    """Return who contributes to the agreement between every two sets."""
    return [people[one, other] | people[other, one] for one, other in people if one < other]


def restricted(division: Division, people: People) -> Division:
    """Return a division of fewer people."""
    groups = {choice: each & people for choice, each in division.groups.items()}
    return Division(division.least_people, groups, division.rest & people)


def all_sets(division: Division, whole: Division) -> list[People]:
    """Return the sets of a restricted division, those included that have become empty."""
    return [*division.groups.values(), *([division.rest] if whole.rest else [])]


def comparing(votes: Votes, division: Division) -> dict[Cell, Flags]:
    """Return the votes of each set, (votes,), on items that somebody else of the same set, or of another, voted on."""
    of_vote, given = sets_of(votes, division)
    return {
        (mine, other): (of_vote == mine) & (given[votes.item, other] > (mine == other))
        for mine, other in product(range(given.shape[1]), repeat=2)
    }


def sets_of(votes: Votes, division: Division) -> tuple[Codes, Codes]:
    """Return the set of each vote, (votes,), and how many votes of each set each item has, (items, sets)."""
    place = {person: at for at, people in enumerate(division.sets) for person in people}
    known, index = np.unique(votes.person, return_inverse=True)
    of_vote = np.array([place[person] for person in known.tolist()], dtype=np.int64)[index]
    given = np.zeros((votes.item.max(initial=-1) + 1, len(division.sets)), dtype=np.int64)
    np.add.at(given, (votes.item, of_vote), 1)
    return of_vote, given


def label_shares(votes: Votes, division: Division, *, labels: int) -> list[list[int]]:
    """Return the shares of the labels among the votes of each set, in whole percents."""
    of_vote, _ = sets_of(votes, division)
    counts = [np.bincount(votes.label[of_vote == at], minlength=labels) for at in range(len(division.sets))]
    return [[percent(share) for share in each / each.sum()] for each in counts]


def agreement_within(votes: Votes, division: Division) -> list[dict[str, float | int | None]]:
    """Return the agreement within each set, on items that two or more of it voted on."""
    cells, found = comparing(votes, division), []
    for at in range(len(division.sets)):
        profiles = ratings(votes, cells[at, at]).only_shared().profiles()
        found.append(rounded(percent_agreement(profiles), krippendorff_alpha(profiles, draws=0).value))
    return found


def agreement_between(votes: Votes, division: Division) -> dict[Cell, dict[str, float | int | None]]:
    """Return the agreement of every two sets, of pairs of votes across them alone."""
    cells, found = comparing(votes, division), {}
    for one, other in combinations(range(len(division.sets)), 2):
        first, second = ratings(votes, cells[one, other]), ratings(votes, cells[other, one])
        alpha = cross_replication_kappa(first, second, draws=0).value
        found[one, other] = rounded(percent_between(first, second), alpha)
    return found


def percent_between(first: Ratings, second: Ratings) -> float:
    """Return the share of agreeing pairs across two groups, 0 to 1, averaged over items that both have rated."""
    size = 1 + int(max(first.items.max(), second.items.max())), 1 + int(max(first.values.max(), second.values.max()))
    mine, theirs = (np.zeros(size) for _ in range(2))
    np.add.at(mine, (first.items, first.values), 1)
    np.add.at(theirs, (second.items, second.values), 1)
    pairs: Numbers = mine.sum(axis=1) * theirs.sum(axis=1)
    return float(((mine * theirs).sum(axis=1)[pairs > 0] / pairs[pairs > 0]).mean())


def ratings(votes: Votes, chosen: Flags) -> Ratings:
    """Return some of the votes in long form; `chosen` has shape (votes,)."""
    return Ratings(votes.item[chosen], votes.person[chosen], votes.label[chosen])


def rounded(share: float | None, alpha: float | None) -> dict[str, float | int | None]:
    """Return agreement as it is published: pairs that agree in whole percents, and alpha to two places."""
    return {
        "percent": None if share is None else percent(share),
        "alpha": None if alpha is None else round(alpha, 2) + 0.0,
    }


def percent(share: float) -> int:
    """Return a share in whole percents."""
    return round(100 * float(share))


def sizes(sets: Iterable[People], least_people: int) -> list[int]:
    """Return how many people sets have, rounded down to a multiple of the least number."""
    return [len(each) // least_people * least_people for each in sets]
