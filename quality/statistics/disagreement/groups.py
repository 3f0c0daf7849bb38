"""
Whether groups of people lean differently between two answers, told of no few people. Pure, on numpy arrays.

Asked is only where single people lean differently, which is found without the groups. Then who is in which group is
drawn anew: people who lean each in their own way, whatever their group, are so not taken for groups that do. All
questions, fields and pairs of answers are one family (P. H. Westfall and S. S. Young, *Resampling-Based Multiple
Testing*, 1993, the smallest p of each draw).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from annotation.disclosure import Division, People, is_shown, stand_together
from quality.statistics.disagreement.exact import ALPHA
from quality.statistics.disagreement.values import Directions, Split, directions_of, splits
from quality.statistics.disagreement.votes import Votes
from quality.statistics.disagreement.why import LEANING
from quality.statistics.perspectives import all_sets, percent, restricted
from quality.statistics.profiles import Codes, Numbers

DRAWS = 1_999
Place = tuple[str, str]
"A label field, and the key of a question."


@dataclass(frozen=True)
class GroupLean:
    """Between answers a and b, the sets of a division lean in different directions."""

    a: int
    b: int
    to_a: list[int]
    "By set: the percent of votes for a where most of the others answer b."
    to_b: list[int]


@dataclass(frozen=True)
class Candidate:
    """A pair of answers and a division that may be told of together."""

    place: Place
    split: Split
    division: Division
    directions: Directions
    "Of each person."


def group_leans(
    fields: Mapping[str, Votes],
    divisions: Mapping[str, Division],
    shown: Mapping[str, Mapping[str, Division]],
    *,
    seed: int = 0,
) -> dict[Place, list[GroupLean]]:
    """
    Return between which answers groups lean differently, by field and question.

    If who is in a group has nothing to do with how people vote, anything is named with probability ALPHA at most.

    :param fields: the votes on each field, of the same people, with their numbers
    :param divisions: everybody who voted, by question
    :param shown: by field, the divisions of who voted on it that may be shown side by side
    """
    found = [each for field, votes in fields.items() for each in candidates(field, votes, divisions, shown[field])]
    named: dict[Place, list[GroupLean]] = {}
    for each, p in zip(found, adjusted(found, np.random.default_rng(seed)), strict=True):
        if p <= ALPHA:
            named.setdefault(each.place, []).append(lean_of(fields[each.place[0]], each))
    return named


def candidates(
    field: str, votes: Votes, divisions: Mapping[str, Division], shown: Mapping[str, Division]
) -> Iterator[Candidate]:
    """Yield what may be told of: every figure, and every difference of two, is of enough people."""
    leaning = [split for split in splits(votes, votes.person) if split.test.p <= LEANING]
    known = list(shown.values())
    for key, division in shown.items():
        for split in leaning:
            told = [told_of(votes, answer, division) for answer in (split.a, split.b)]
            if all(each and all(stand_together(each, other) for other in known) for each in told):
                known += filter(None, told)
                directions = directions_of(votes, votes.person, len(split.leans), split.a, split.b)
                yield Candidate((field, key), split, divisions[key], directions)


def told_of(votes: Votes, answer: int, division: Division) -> Division | None:
    """Return who votes where most of the others give an answer, as a division; None if any set of it is too small."""
    counts = voters(votes, answer)
    here = restricted(division, frozenset(counts))
    enough = all(is_shown(people, counts, division.least_people) for people in all_sets(here, division))
    return here if enough else None


def voters(votes: Votes, answer: int) -> dict[int, int]:
    """Return how many votes each person gave where most of the others give an answer."""
    people, count = np.unique(votes.person[votes.others == answer], return_counts=True)
    return dict(zip(people.tolist(), count.tolist(), strict=True))


def adjusted(found: Sequence[Candidate], dice: np.random.Generator) -> Numbers:
    """
    Return the p of each candidate: how probable it is that any of them would look so clear by chance.

    :return: shape (candidates,)
    """
    if not found:
        return np.zeros(0)
    people = 1 + max(person for each in found for of in each.division.sets for person in of)
    orders = np.stack([np.arange(people), *(dice.permutation(people) for _ in range(DRAWS))])
    p = np.stack([tail_shares(statistics(each, orders)) for each in found])
    least: Numbers = p.min(axis=0)
    return np.array([float((least <= own + 1e-9).mean()) for own in p[:, 0]])


def statistics(of: Candidate, orders: Codes) -> Numbers:
    """
    Return K. Pearson's statistic of the departures of each set in both directions: shape (draws,).

    :param orders: shape (draws, people), whose votes each person has in a draw
    """
    people = orders.shape[1]
    lean, spread = np.zeros(people), np.zeros(people)
    n, share = of.directions.departures, of.directions.expected_shares()
    lean[: len(n)], spread[: len(n)] = of.directions.leans(), n * share * (1 - share)
    members = np.stack([np.isin(np.arange(people), list(each)) for each in of.division.sets], axis=1).astype(float)
    found: Numbers = ((lean[orders] @ members) ** 2 / np.maximum(spread[orders] @ members, 1e-9)).sum(axis=1)
    return found


def tail_shares(statistic: Numbers) -> Numbers:
    """Return the share of draws whose statistic is as large as that of each: shape (draws,)."""
    rising = np.sort(statistic)
    shares: Numbers = 1 - np.searchsorted(rising, statistic - 1e-9) / len(statistic)
    return shares


def lean_of(votes: Votes, of: Candidate) -> GroupLean:
    """Return how often each set departs in either direction, in whole percents."""
    return GroupLean(
        of.split.a,
        of.split.b,
        to_a=[departing(votes, people, of.split.b, of.split.a) for people in of.division.sets],
        to_b=[departing(votes, people, of.split.a, of.split.b) for people in of.division.sets],
    )


def departing(votes: Votes, people: People, others: int, answer: int) -> int:
    """Return the percent of votes for an answer among those of some people where most of the others give another."""
    asked = (votes.others == others) & np.isin(votes.person, list(people))
    return percent(float((votes.answer[asked] == answer).mean()))
