"""
Which groups of people figures may be shown of, so that no figure and no difference of two is of few people. Pure.

Sources: L. Sweeney, "k-anonymity", 2002, doi 10.1142/S0218488502001648; A. Hundepool and others, "Statistical
Disclosure Control", 2012, on dominance, complementary suppression and differencing. Decision 47 has the reasons.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

People = frozenset[int]


@dataclass(frozen=True)
class Asked:
    """A question, and who of those who voted has answered it how. Who has not is in no choice."""

    key: str
    least_people: int
    by_choice: Mapping[str, People]


@dataclass(frozen=True)
class Division:
    """Everybody who voted, divided by one question into groups and the rest, which may be empty."""

    least_people: int
    groups: Mapping[str, People]
    rest: People

    @property
    def sets(self) -> list[People]:
        """Return the groups, and the rest if there is one."""
        return [*self.groups.values(), *([self.rest] if self.rest else [])]


def divide(votes: Mapping[int, int], questions: Sequence[Asked]) -> dict[str, Division]:
    """
    Return the divisions that may be shown side by side, by key of the question; the first questions come first.

    They are of the votes given here alone: count each vote once, and what is shown at two times tells nothing more.

    :param votes: how many votes each person gave, 1 or more
    """
    shown: dict[str, Division] = {}
    for asked in questions:
        safe = (
            each for each in divisions(votes, asked) if all(stand_together(each, other) for other in shown.values())
        )
        if found := next(safe, None):
            shown[asked.key] = found
    return shown


def divisions(votes: Mapping[int, int], asked: Asked) -> Iterator[Division]:
    """Yield the divisions by one question that may be shown alone, those with the most groups first."""
    everybody, least = frozenset(votes), asked.least_people
    groups = {choice: people & everybody for choice, people in asked.by_choice.items()}
    largest_first = sorted(groups, key=lambda choice: (-len(groups[choice]), choice))
    for count in range(len(largest_first), 0, -1):
        # In the order of the question: that of their sizes would tell which is larger.
        kept = {choice: people for choice, people in groups.items() if choice in largest_first[:count]}
        division = Division(least, kept, everybody.difference(*kept.values()))
        if len(division.sets) > 1 and all(is_shown(each, votes, least) for each in division.sets):
            yield division


def is_shown(people: People, votes: Mapping[int, int], least: int) -> bool:
    """Return whether a set has enough people, none of whom gave more than half of its votes."""
    return len(people) >= least and 2 * max(votes[each] for each in people) <= sum(votes[each] for each in people)


def stand_together(first: Division, second: Division) -> bool:
    """
    Return whether no union of sets of the one differs from a union of sets of the other by one to k - 1 people.

    Of all unions of the second, the nearest to one of the first has the sets that lie in it by more than half. If they
    differ by nobody, every other union differs by a whole set at least. Whoever is in one division alone counts as a
    set of the other, which makes the rule stricter.
    """
    least = max(first.least_people, second.least_people)
    everybody = frozenset[int]().union(*first.sets, *second.sets)
    mine, theirs = whole(first, everybody), whole(second, everybody)
    if any(len(each) < least for each in (*mine, *theirs)):
        return False
    shared = np.array([[len(one & other) for other in theirs] for one in mine])
    inside = np.array(list(product((0, 1), repeat=len(mine)))) @ shared
    differing = np.minimum(inside, shared.sum(axis=0) - inside).sum(axis=1)
    return bool(np.all((differing == 0) | (differing >= least)))


def whole(division: Division, everybody: People) -> list[People]:
    """Return the sets of a division, and that of everybody whom it leaves out, if it does."""
    outside = everybody.difference(*division.sets)
    return [*division.sets, *([outside] if outside else [])]
