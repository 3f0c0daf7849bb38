"""
Figures of groups of people: which of them call more unsafe, and whether they agree more within groups. Pure, on numpy.

Every figure has contributors: people with a vote that it counts. It needs as many of them as a group must have people,
because a group of enough people may have few who voted on a field, or on the same items.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from annotation.disclosure import Division
from quality.statistics.groupings import (
    Comparison,
    Groupings,
    agreement_difference,
    draw_groupings,
    share_differences,
    told,
)
from quality.statistics.profiles import Codes, Numbers


@dataclass(frozen=True)
class Votes:
    """Votes with a label in one field; arrays of shape (votes,)."""

    item: Codes
    person: Codes
    "Primary key."
    label: Codes


@dataclass(frozen=True)
class FieldComparison:
    """How groups compare on one label field."""

    unsafe: list[Comparison]
    "Of each set of the division in its order, beside everybody else: the share of votes that say unsafe."
    agreement: Comparison
    "Of the share of agreeing pairs of votes within groups, beside those across."


def compare_groups(
    division: Division, counts: Mapping[int, int], fields: Mapping[str, Votes], unsafe: int
) -> dict[str, FieldComparison] | None:
    """
    Return how groups compare on each field; None if not even their sizes may be told.

    :param counts: how many votes each person gave
    :param unsafe: the label that counts as unsafe
    """
    people = np.array(sorted(counts))
    place = {person: at for at, each in enumerate(division.sets) for person in each}
    true = np.array([place[person] for person in people.tolist()], dtype=np.int64)
    groupings = draw_groupings(true, np.array([counts[person] for person in people.tolist()]))
    if not groupings.may_be_told(np.ones(len(groupings.drawn), bool)):
        return None
    differences = [
        each
        for votes in fields.values()
        for each in field_differences(groupings, votes, people, unsafe, division.least_people)
    ]
    found = iter(told(groupings, differences))
    return {field: field_comparison(division, found) for field in fields}


def field_differences(
    groupings: Groupings, votes: Votes, people: Codes, unsafe: int, least_people: int
) -> list[Numbers]:
    """Return the differences of a field that something is told of: shares of groups, then agreement."""
    of = np.searchsorted(people, votes.person)
    given = np.bincount(of, minlength=len(people))
    says = np.bincount(of[votes.label == unsafe], minlength=len(people))
    shares = share_differences(groupings, says, given, least_people)
    agreeing, pairs = pairs_of_people(votes, of, len(people))
    # Of two groups, what is told of the one is told of the other.
    kept = shares[:1] if len(shares) == 2 else shares
    return [*kept, agreement_difference(groupings, agreeing, pairs, least_people)]


def pairs_of_people(votes: Votes, of: Codes, people: int) -> tuple[Codes, Codes]:
    """
    Return how often the votes of two people on one item agree, and how many such pairs there are.

    :param of: the person of each vote, 0 … people - 1
    :return: two arrays of shape (people, people), symmetric
    """
    order = np.argsort(votes.item, kind="stable")
    item, person, label = votes.item[order], of[order], votes.label[order]
    agreeing, pairs = (np.zeros((people, people), dtype=np.int64) for _ in range(2))
    for step in range(1, int(np.bincount(np.unique(item, return_inverse=True)[1]).max(initial=1))):
        same = item[step:] == item[:-step]
        one, other = person[step:][same], person[:-step][same]
        np.add.at(pairs, (one, other), 1)
        np.add.at(agreeing, (one, other), label[step:][same] == label[:-step][same])
    return agreeing + agreeing.T, pairs + pairs.T


def field_comparison(division: Division, found: Iterator[Comparison]) -> FieldComparison:
    """Take the comparisons of one field from those of all."""
    first = next(found)
    if len(division.sets) == 2:
        unsafe = [first, Comparison(-first.sign, -first.high, -first.low)]
    else:
        unsafe = [first, *(next(found) for _ in division.sets[1:])]
    return FieldComparison(unsafe, next(found))
