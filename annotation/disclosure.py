"""
Which groups of people figures may be shown of, so that no figure and no difference of two is of few people. Pure.

Sources: L. Sweeney, "k-anonymity", 2002, doi 10.1142/S0218488502001648; A. Hundepool and others, "Statistical
Disclosure Control", 2012, on dominance, complementary suppression and differencing. Decision 47 has the reasons.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

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
        kept = {choice: groups[choice] for choice in largest_first[:count]}
        division = Division(least, kept, everybody.difference(*kept.values()))
        if len(division.sets) > 1 and all(is_shown(each, votes, least) for each in division.sets):
            yield division


def is_shown(people: People, votes: Mapping[int, int], least: int) -> bool:
    """Return whether a set has enough people, none of whom gave more than half of its votes."""
    return len(people) >= least and 2 * max(votes[each] for each in people) <= sum(votes[each] for each in people)


def stand_together(first: Division, second: Division) -> bool:
    """Return whether no union of sets of the one differs from a union of sets of the other by one to k - 1 people."""
    least = max(first.least_people, second.least_people)
    theirs = unions(second.sets)
    return all(not 0 < len(mine ^ other) < least for mine in unions(first.sets) for other in theirs)


def unions(sets: Iterable[People]) -> list[People]:
    """Return the unions of any of the sets, which are disjoint: what sums of their totals are about."""
    known = list(sets)
    chosen = (some for count in range(len(known) + 1) for some in combinations(known, count))
    return [frozenset[int]().union(*some) for some in chosen]
