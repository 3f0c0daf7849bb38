"""Different values: between two answers, the same people lean the same way on item after item. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from quality.statistics.disagreement.exact import Tail
from quality.statistics.disagreement.votes import Votes
from quality.statistics.profiles import Codes, Numbers
from quality.statistics.scores import Flags

FEWEST = 10
"Votes against most of the others, between two answers, that a test needs."
EXTREME = 10
"Draws at least as extreme as what people did, after which a test makes no more."
MOST_DRAWS = 199_999
"So many that a test can reject among 10,000, at 5 % for all of them together."
FIRST_DRAWS, CELLS_AT_ONCE = 250, 1_000_000
"Draws in the first block, after which each doubles what was drawn; and the most numbers in a block."
BOUNDS = (1e-9, 1e9)


@dataclass(frozen=True)
class Directions:
    """In which direction each person departs from most of the others, between answers a and b; shape (people,)."""

    to_b: Codes
    "Votes for b where most of the others answer a."
    to_a: Codes
    at_a: Codes
    "Votes where most of the others answer a, whatever the person answers."
    at_b: Codes

    @property
    def departures(self) -> Codes:
        """How often each person departs, in either direction."""
        return self.to_a + self.to_b

    def expected_shares(self) -> Numbers:
        """
        Return which share of each person's departures would be for b if everybody leaned alike: shape (people,).

        Who often sees items of others' answer a has more occasions to depart to b: the odds of the two directions are
        those of the occasions, times one ratio of everybody, chosen so that the sum is what it is.
        """
        low, high = BOUNDS
        for _ in range(80):
            ratio = np.sqrt(low * high)
            if (self.shares_at(ratio) * self.departures).sum() < self.to_b.sum():
                low = ratio
            else:
                high = ratio
        return self.shares_at(np.sqrt(low * high))

    def shares_at(self, ratio: float) -> Numbers:
        """Return the expected shares at a ratio of both directions: shape (people,)."""
        shares: Numbers = ratio * self.at_a / np.maximum(ratio * self.at_a + self.at_b, 1e-12)
        return shares

    def leans(self) -> Numbers:
        """Return how many more departures of each person are for b than expected: shape (people,)."""
        return self.to_b - self.departures * self.expected_shares()


@dataclass(frozen=True)
class Split:
    """Between answers a and b, people lean in different directions, each always the same."""

    a: int
    b: int
    test: Tail
    leans: Numbers
    "Shape (people,): above 0 for those who lean to b, below for a; 0 for others."


def splits(votes: Votes, unit: Codes, *, seed: int = 0) -> list[Split]:
    """
    Test every two answers for people who lean in different directions.

    :param unit: shape (votes,), who is compared: the person of each vote, or the group that the person belongs to
    """
    dice, people = np.random.default_rng(seed), int(unit.max(initial=-1)) + 1
    found = []
    for a, b in pairs_of(votes):
        directions = directions_of(votes, unit, people, a, b)
        if (directions.departures > 1).sum() > 1:
            found.append(Split(a, b, lean_test(directions, dice), directions.leans()))
    return found


def pairs_of(votes: Votes) -> list[tuple[int, int]]:
    """Return the pairs of answers, the smaller first, between which enough votes depart from most of the others."""
    ends = np.sort(np.stack([votes.others, votes.answer])[:, votes.deviates], axis=0)
    pairs, count = np.unique(ends, axis=1, return_counts=True)
    return [(int(a), int(b)) for a, b in pairs[:, count >= FEWEST].T]


def directions_of(votes: Votes, unit: Codes, people: int, a: int, b: int) -> Directions:
    """Return the directions of each person between two answers."""

    def count(mask: Flags) -> Codes:
        return np.bincount(unit[mask], minlength=people)

    at_a, at_b = votes.others == a, votes.others == b
    return Directions(count(at_a & (votes.answer == b)), count(at_b & (votes.answer == a)), count(at_a), count(at_b))


def lean_test(directions: Directions, dice: np.random.Generator) -> Tail:
    """
    Test whether everybody departs to b as often as the occasions say, by draws from the binomials of that hypothesis.

    The statistic is Pearson's, of the departures in both directions (K. Pearson, 1900). Somebody who slips often
    departs often, but in both directions.
    """
    able = directions.departures > 0
    n, share = directions.departures[able, None], directions.expected_shares()[able, None]
    spread = np.maximum(n * share * (1 - share), 1e-9)

    def statistic(to_b: Codes) -> Numbers:
        return np.asarray(((to_b - n * share) ** 2 / spread).sum(axis=0))

    observed = float(statistic(directions.to_b[able, None])[0])

    def draw(number: int) -> Flags:
        drawn = statistic(dice.binomial(n, share, size=(len(n), number)))
        return np.asarray(drawn >= observed - 1e-9 * max(1, observed))

    return Tail(sequential_p(draw, max(1, CELLS_AT_ONCE // len(n))), 1 / (1 + MOST_DRAWS))


def sequential_p(draw: Callable[[int], Flags], at_once: int) -> float:
    """
    Return p by draws from the hypothesis, which end once EXTREME of them are at least as extreme as what was observed.

    J. Besag and P. Clifford, "Sequential Monte Carlo p-values", Biometrika 78, 1991: p is EXTREME / m if the last of
    them is draw m, and (g + 1) / (MOST_DRAWS + 1) if there are only g in all draws. If the hypothesis holds, every rank
    of what was observed among the draws is as likely, so p is x or less with probability x at most.

    :param draw: makes a number of draws, and returns which are that extreme: shape (number,)
    :param at_once: the most draws to make together
    """
    drawn = extreme = 0
    while drawn < MOST_DRAWS:
        block = draw(min(max(FIRST_DRAWS, drawn), at_once, MOST_DRAWS - drawn))
        places = np.flatnonzero(block)
        if extreme + len(places) >= EXTREME:
            return EXTREME / (drawn + int(places[EXTREME - extreme - 1]) + 1)
        drawn, extreme = drawn + len(block), extreme + len(places)
    return (extreme + 1) / (MOST_DRAWS + 1)


def follows_leans(votes: Votes, unit: Codes, split: Split) -> tuple[Codes, Numbers]:
    """
    Return how far the votes on each item follow what their people lean to on other items.

    Of every two votes on the item, one for a and one for b: 1 if the person who says b leans more to b than the other
    does, -1 if less, 0 if that is not known. The mean is 0 where people do not lean, and 1 where that explains it all.

    :return: items on which somebody answers a and somebody b, and the mean of each: shape (items,) both
    """
    directions = directions_of(votes, unit, len(split.leans), split.a, split.b)
    share = directions.expected_shares()
    inside = np.flatnonzero(np.isin(votes.answer, [split.a, split.b]))
    here = unit[inside]
    departs = votes.deviates[inside] & np.isin(votes.others[inside], [split.a, split.b])
    to_b = votes.answer[inside] == split.b
    lean = directions.leans()[here] - departs * (to_b - share[here])  # without what the person says on this item
    totals: dict[int, list[float]] = {}
    for first, second in pairs_within(votes.item[inside]):
        differ = to_b[first] != to_b[second]
        one, other = first[differ], second[differ]
        signs = np.sign(np.round(lean[one] - lean[other], 9)) * np.where(to_b[one], 1, -1)
        for item, sign in zip(votes.item[inside][one].tolist(), signs.tolist(), strict=True):
            totals.setdefault(item, []).append(sign)
    rows = sorted(totals)
    return np.array(rows, dtype=np.int64), np.array([float(np.mean(totals[row])) for row in rows])


def pairs_within(item: Codes) -> Iterator[tuple[Codes, Codes]]:
    """Yield every two votes on the same item once, as indices in blocks; `item` rises."""
    last = np.searchsorted(item, item, side="right")
    first, distance = np.arange(len(item)), 1
    while len(first := first[first + distance < last[first]]):
        yield first, first + distance
        distance += 1
