"""Whoever knows every vote and every name cannot tell from what is published of groups who is in which."""

import random
from collections import Counter, defaultdict
from itertools import combinations, product

import numpy as np
import pytest

from annotation.disclosure import Division
from quality.statistics.groupings import DRAWS, LESS, MORE, NONE, Groupings, draw_groupings, told
from quality.statistics.perspectives import Votes, compare_groups, field_differences, pairs_of_people

SAFE, UNSAFE = 0, 2


def votes_of(table):
    item, person, label = np.array(sorted(table), dtype=np.int64).reshape(-1, 3).T
    return Votes(item, person, label)


def made_up(dice, rates, items=30, voting=0.7):
    """Return votes of people, each of whom calls their own share of items unsafe."""
    return votes_of(
        (item, person, UNSAFE if dice.random() < rate else SAFE)
        for person, rate in enumerate(rates)
        for item in range(items)
        if dice.random() < voting
    )


def output(fields, true, draws=1_000, least=2):
    """Return what is told of a grouping."""
    people = np.arange(len(true))
    counts = sum(np.bincount(votes.person, minlength=len(true)) for votes in fields)
    groupings = draw_groupings(true, counts, draws=draws)
    differences = [each for votes in fields for each in field_differences(groupings, votes, people, UNSAFE, least)]
    return tuple(each.sign for each in told(groupings, differences))


def by_output(fields, possible, draws=1_000):
    """Return the groupings that fit each output: those that an attacker who knows all votes is left with."""
    counts = sum(np.bincount(votes.person, minlength=possible.shape[1]) for votes in fields)
    drawn = draw_groupings(possible[0], counts, draws=draws).drawn
    sizes, people = np.bincount(possible[0]).tolist(), np.arange(possible.shape[1])
    tried = Groupings(np.vstack([possible, drawn]), sizes)
    differences = [each for votes in fields for each in field_differences(tried, votes, people, UNSAFE, 2)]
    fitting = defaultdict(list)
    for at, true in enumerate(possible):
        own = [np.append(each[at], each[len(possible) :]) for each in differences]
        said = told(Groupings(np.vstack([true, drawn]), sizes), own)
        fitting[tuple(each.sign for each in said)].append(true)
    return {said: np.array(each) for said, each in fitting.items()}


def all_groupings(sizes):
    """Return every grouping of people into groups of these sizes, shape (groupings, people)."""
    groups = range(len(sizes))
    return np.array([each for each in product(groups, repeat=sum(sizes)) if [*map(each.count, groups)] == sizes])


def all_halves(people):
    """Return every grouping of people in two halves."""
    chosen = [[at in half for at in range(people)] for half in combinations(range(people), people // 2)]
    return 1 - np.array(chosen, dtype=np.int64)


def someone_is_certain(fitting):
    """Return whether somebody is in the same group in all groupings that fit."""
    return any((fitting == group).all(axis=0).any() for group in np.unique(fitting))


HABITS = {
    "spread": [0.05 + 0.1 * at for at in range(10)],
    "two camps": [1.0] * 5 + [0.0] * 5,
    "two loose camps": [0.8] * 5 + [0.2] * 5,
    "one alone": [0.95] + [0.3] * 9,
}


@pytest.mark.parametrize("habits", HABITS)
def test_every_output_fits_many_groupings_and_nobody_is_certain(habits):
    """All 252 groupings of ten people in two halves are tried, with two label fields."""
    dice = random.Random(habits)
    fields = [made_up(dice, HABITS[habits]), made_up(dice, HABITS[habits][::-1], voting=0.3)]
    fitting = by_output(fields, all_halves(10))
    assert sum(map(len, fitting.values())) == 252
    for said, each in fitting.items():
        assert len(each) >= 15, (said, len(each))
        assert not someone_is_certain(each), said


def test_even_shares_in_tens_of_percent_would_tell_who_is_in_a_group():
    """Else the property above would hold of any output."""
    votes = made_up(random.Random(1), HABITS["two loose camps"])

    fitting = defaultdict(list)
    for true in all_halves(10):
        mine = true[votes.person] == 0
        fitting[round(10 * (votes.label[mine] == UNSAFE).mean())].append(true)
    assert min(map(len, fitting.values())) < 15
    assert any(someone_is_certain(np.array(each)) for each in fitting.values())


def test_outputs_of_three_groups_leave_many_groupings():
    """All 1,680 groupings of nine people in three groups are tried."""
    votes = made_up(random.Random(5), [0.1] * 3 + [0.5] * 3 + [0.8] * 3)
    fitting = by_output([votes], all_groupings([3, 3, 3]))
    assert len(fitting) > 9
    for said, each in fitting.items():
        assert len(each) >= 15, (said, len(each))
        assert not someone_is_certain(each), said


def planted(dice, gap, size=15):
    """Return how two groups compare of which one calls more unsafe."""
    rates = [min(max(dice.gauss(0.35, 0.1) + gap * (at < size), 0), 1) for at in range(2 * size)]
    votes = made_up(dice, rates, items=60, voting=0.5)
    return output([votes], np.repeat([0, 1], size))


def test_planted_difference_is_told_and_chance_seldom():
    dice = random.Random(2)
    found = Counter(planted(dice, 0.25)[0] for _ in range(40))
    assert found[MORE] >= 36, found
    assert found[LESS] == 0
    by_chance = Counter(planted(dice, 0)[0] for _ in range(100))
    assert 8 <= by_chance[MORE] + by_chance[LESS] <= 32, by_chance  # a fifth


def test_agreement_within_groups_is_told():
    """Each group has answers of its own, as many of them unsafe as those of the other: 30 of 60."""
    dice = random.Random(3)
    slips = [{*dice.sample(range(0, 60, 2), 6), *dice.sample(range(1, 60, 2), 6)} for _ in range(20)]
    votes = votes_of(
        (item, person, UNSAFE if ((person + item) % 2 == 0) ^ (item in slips[person]) else SAFE)
        for person in range(20)
        for item in range(60)
    )
    assert output([votes], np.arange(20) % 2) == (NONE, MORE)
    assert output([votes], np.repeat([0, 1], 10))[1] != MORE


def test_figures_by_hand():
    """Two groups of two on two items; on the first they differ, on the second all agree."""
    table = [(0, 1, 0), (0, 2, 0), (0, 3, 2), (0, 4, 2), (1, 1, 0), (1, 2, 0), (1, 3, 0), (1, 4, 0)]
    votes, people = votes_of(table), np.array([1, 2, 3, 4])
    true = np.array([0, 0, 1, 1])
    share, agreement = field_differences(Groupings(np.array([true, true[::-1]]), [2, 2]), votes, people, UNSAFE, 2)
    assert share.tolist() == [-0.5, 0.5]
    assert agreement.tolist() == [1 - 0.5, 1 - 0.5]
    agreeing, pairs = pairs_of_people(votes, votes.person - 1, 4)
    assert pairs.tolist() == (2 * (1 - np.eye(4, dtype=int))).tolist()
    assert agreeing[0].tolist() == [0, 2, 1, 1]


def test_too_few_people_who_voted_on_a_field_are_not_told_of():
    votes = made_up(random.Random(5), [0.9] * 10 + [0.1] * 20)
    few = Votes(*(each[(votes.person >= 10) | (votes.person < 3)] for each in (votes.item, votes.person, votes.label)))
    true = np.repeat([0, 1], [10, 20])
    assert output([votes], true)[0] == MORE
    assert output([few], true, least=5) == (NONE, NONE)


def test_of_two_groups_the_one_is_the_other_turned_round():
    votes = made_up(random.Random(6), [0.8] * 12 + [0.2] * 12)
    counts = dict(zip(*(each.tolist() for each in np.unique(votes.person, return_counts=True)), strict=True))
    division = Division(5, {"a": frozenset(range(12)), "b": frozenset(range(12, 24))}, frozenset())
    found = compare_groups(division, counts, {"prompt_label": votes}, UNSAFE)
    assert found
    one, other = found["prompt_label"].unsafe
    assert (one.sign, other.sign) == (MORE, LESS)
    assert (one.low, one.high) == (-other.high, -other.low)
    assert one.low < 0 < one.high
    assert DRAWS >= 10_000
