"""
What of groups of people may be told to somebody who sees every vote with its name. Pure, on numpy arrays.

Such a reader can try every grouping of the people into groups of the same sizes. So what is told is a function of the
grouping alone, and each of its values has many groupings, in which nobody is always in the same group. Whether a value
may be told is found from groupings drawn at random, never from the true one, so that silence tells nothing either.
Decision 62 has the reasons. Comparing with random groupings is a permutation test (R. A. Fisher, "The Design of
Experiments", 1935); that a refusal must not depend on the answer: K. Kenthapadi, N. Mishra, K. Nissim, "Simulatable
Auditing", PODS 2005, doi 10.1145/1065167.1065183.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, lgamma, log

import numpy as np

from quality.statistics.profiles import Codes, Numbers
from quality.statistics.scores import Flags

DRAWS, CELLS = 10_000, 5_000_000
"Groupings at random; fewer, but a fifth of them at least, where groupings and people would make more cells."
TAIL = 0.1
"Of them, the share that is as far from the middle as what is told apart, on either side."
FEWEST = 20
"Groupings of which every output must be possible,"
LEAST_SHARE = 0.01
"and the share of all that they are."
LIKELIEST = 0.95
"How often somebody may be in one group, of the groupings that fit an output."
MORE, LESS, NONE = 1, -1, 0
AT_ONCE = 1_000
"Groupings in one matrix."


@dataclass(frozen=True)
class Groupings:
    """Groupings of people that fit what is known without any output."""

    of_people: Codes
    "The group of each person, shape (groupings, people); the true grouping comes first, and is not among the others."
    sizes: Sequence[int]
    "People of each group."

    @property
    def drawn(self) -> Codes:
        """Return the random groupings, shape (draws, people)."""
        return self.of_people[1:]

    def members(self, group: int) -> Numbers:
        """Return who is in a group: 1 or 0, shape (groupings, people)."""
        return np.asarray(self.of_people == group, dtype=np.float64)

    def may_be_told(self, chosen: Flags) -> bool:
        """
        Return whether an output may be told.

        :param chosen: which of the drawn groupings have it, shape (draws,)
        """
        fitting, people = self.drawn[chosen], sum(self.sizes)
        if len(fitting) < max(LEAST_SHARE, FEWEST / possible(self.sizes)) * len(self.drawn):
            return False
        # Who is almost surely in a large group before anything is told may be left half as unsure.
        return all(
            (fitting == group).mean(axis=0).max() <= max(LIKELIEST, 1 - (1 - size / people) / 2)
            for group, size in enumerate(self.sizes)
        )


@dataclass(frozen=True)
class Comparison:
    """How a difference compares with what random groupings have."""

    sign: int
    "MORE, LESS, or NONE where it is no larger than by chance, or may not be told."
    low: float
    "Below it is a tenth of the differences by chance, and above `high` another tenth."
    high: float


def possible(sizes: Sequence[int]) -> float:
    """Return how many groupings of these sizes there are; infinity if that is more than a float can say."""
    logarithm = lgamma(sum(sizes) + 1) - sum(lgamma(size + 1) for size in sizes)
    return exp(logarithm) if logarithm < log(1e300) else float("inf")


def draw_groupings(true: Codes, votes: Codes, *, draws: int = DRAWS, seed: int = 0) -> Groupings:
    """
    Draw groupings of the same sizes, in none of which somebody gave more than half of the votes of a group.

    :param true: the group of each person, shape (people,)
    :param votes: how many votes each person gave, shape (people,)
    """
    count = min(draws, max(draws // 5, CELLS // len(true)))
    drawn = np.random.default_rng(seed).permuted(np.tile(np.sort(true), (count, 1)), axis=1)
    whole = Groupings(np.vstack([true, drawn]), np.bincount(true).tolist())
    kept = np.ones(len(whole.of_people), bool)
    for group in range(len(whole.sizes)):
        kept &= nobody_gave_most(whole.members(group) * votes)
    kept[0] = True
    return Groupings(whole.of_people[kept], whole.sizes)


def nobody_gave_most(given: Numbers) -> Flags:
    """Return of which groupings nobody gave more than half: shape (groupings,), of shape (groupings, people)."""
    return np.asarray(2 * given.max(axis=1) <= given.sum(axis=1))


def is_of_many(given: Numbers, least_people: int) -> Flags:
    """Return of which groupings enough people gave something, and nobody most of it; shapes as above."""
    return np.asarray(nobody_gave_most(given) & ((given > 0).sum(axis=1) >= least_people))


def share_differences(groupings: Groupings, unsafe: Codes, votes: Codes, least_people: int) -> list[Numbers]:
    """
    Return by how much the share unsafe of each group is above that of everybody else, for each grouping.

    :param unsafe: votes of each person that say so, shape (people,); `votes` are all with a label
    :return: shape (groupings,) for each group, -1 to 1; NaN where a group, or the rest, has too few people who voted
    """
    return [apart(groupings.members(group), unsafe, votes, least_people) for group, _ in enumerate(groupings.sizes)]


def apart(members: Numbers, unsafe: Codes, votes: Codes, least_people: int) -> Numbers:
    """Return by how much one group is above everybody else; parameters as above."""
    others = 1 - members
    with np.errstate(invalid="ignore", divide="ignore"):
        difference = (members @ unsafe) / (members @ votes) - (others @ unsafe) / (others @ votes)
    enough = is_of_many(members * votes, least_people) & is_of_many(others * votes, least_people)
    return np.where(enough, difference, np.nan)


def agreement_difference(groupings: Groupings, agreeing: Codes, pairs: Codes, least_people: int) -> Numbers:
    """
    Return by how much more often votes of one group agree than votes of two, for each grouping.

    :param agreeing: of each two people, their votes on the same item that agree; `pairs` has all of them; both are
        symmetric, of shape (people, people), and 0 on the diagonal
    :return: shape (groupings,), -1 to 1; NaN where too few people of a group contribute to one of the two shares
    """
    parts = [
        within_and_across(groupings.of_people[at : at + AT_ONCE], len(groupings.sizes), agreeing, pairs, least_people)
        for at in range(0, len(groupings.of_people), AT_ONCE)
    ]
    return np.concatenate(parts)


def within_and_across(of_people: Codes, groups: int, agreeing: Codes, pairs: Codes, least_people: int) -> Numbers:
    """Return the difference for some of the groupings, shape (groupings, people)."""
    inside, agree = np.zeros(of_people.shape), np.zeros(of_people.shape)
    all_pairs, enough = pairs.sum(axis=0), np.ones(len(of_people), bool)
    for group in range(groups):
        members = (of_people == group).astype(np.float64)
        own = members * (members @ pairs)
        enough &= is_of_many(own, least_people) & is_of_many(members * all_pairs - own, least_people)
        inside += own
        agree += members * (members @ agreeing)
    outside, agree_outside = all_pairs - inside, agreeing.sum(axis=0) - agree
    with np.errstate(invalid="ignore", divide="ignore"):
        difference = agree.sum(axis=1) / inside.sum(axis=1) - agree_outside.sum(axis=1) / outside.sum(axis=1)
    return np.where(enough, difference, np.nan)


def signs(values: Numbers) -> Codes:
    """Return for each grouping whether its difference is in the upper or lower tenth of those by chance."""
    by_chance = np.sort(values[1:][~np.isnan(values[1:])])
    size = max(len(by_chance), 1)
    above = 1 - np.searchsorted(by_chance, values, side="left") / size
    below = np.searchsorted(by_chance, values, side="right") / size
    found = np.select([above <= TAIL, below <= TAIL], [MORE, LESS], NONE)
    return np.where(np.isnan(values), NONE, found)


def told(groupings: Groupings, differences: Sequence[Numbers]) -> list[Comparison]:
    """
    Return what is told of each difference of the true grouping, one after another.

    After each, only groupings that fit all that is told so far are left. A value that too few of them have, or in which
    somebody is almost surely in one group, is told as NONE; where that is not enough, nothing is told of a difference.

    :param differences: each of shape (groupings,)
    """
    fitting = np.ones(len(groupings.drawn), bool)
    found = []
    for values in differences:
        each = signs(values)
        safe = [sign for sign in (MORE, LESS) if groupings.may_be_told(fitting & (each[1:] == sign))]
        said = np.where(np.isin(each, safe), each, NONE)
        if not groupings.may_be_told(fitting & (said[1:] == NONE)):
            said[:] = NONE
        fitting &= said[1:] == said[0]
        low, high = np.nanquantile(values[1:], [TAIL, 1 - TAIL]) if not np.isnan(values[1:]).all() else (0.0, 0.0)
        found.append(Comparison(int(said[0]), float(low), float(high)))
    return found
