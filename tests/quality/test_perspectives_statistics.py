"""Whoever votes on what and answers what, no figure of a publication, and no two of one kind, tell of few people."""

import random
from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.disclosure import Asked, Division, divide
from quality.statistics.perspectives import (
    Votes,
    agreement_between,
    agreement_within,
    label_shares,
    shown_agreement,
    shown_shares,
)


def random_votes(dice):
    """Return votes on one field of people who judge many items or few, and who of them said what of themselves."""
    people, items = range(dice.randint(10, 28)), range(dice.choice([3, 12, 40]))
    some = dice.choice([[0.1, 0.5, 0.9], [0.5, 0.9], [0.04, 0.08]])  # the last share few dialogues
    reach = {person: dice.choice(some) for person in people}
    table = [(item, person, dice.randrange(3)) for person in people for item in items if dice.random() < reach[person]]
    first = {person: dice.choice("ab") for person in people if dice.random() < 0.9}
    second = {**first, **{person: dice.choice("ab") for person in dice.sample(people, dice.randint(0, 9))}}
    return table, [Asked(f"q{at}", 5, grouped(said)) for at, said in enumerate((first, second))]


def grouped(said):
    return {choice: frozenset(one for one in said if said[one] == choice) for choice in "ab"}


def votes_of(table):
    item, person, label = np.array(sorted(table), dtype=np.int64).reshape(-1, 3).T
    return Votes(np.unique(item, return_inverse=True)[1], person, label)


def shown(table, asked, dropped=0.0, dice=None):
    """Return the divisions whose shares and whose agreement may be shown, of a field that not everybody votes on."""
    counts = {person: sum(one == person for _, one, _ in table) for _, person, _ in table}
    divisions = divide(counts, asked)
    kept = {person for person in counts if not dice or dice.random() >= dropped}
    here = [row for row in table if row[1] in kept]
    shares = shown_shares(votes_of(here), divisions)
    return here, shares, shown_agreement(votes_of(here), shares)


def counted_by_figure(table, division, kind):
    """Yield the votes that each figure of a division counts, found row by row."""
    of_item = {item: [person for at, person, _ in table if at == item] for item, _, _ in table}
    for mine in division.sets:
        if kind == "shares":
            yield [row for row in table if row[1] in mine]
        elif kind == "within":
            yield [row for row in table if row[1] in mine and sum(one in mine for one in of_item[row[0]]) > 1]
    if kind == "between":
        for one, other in combinations(division.sets, 2):
            both = {item for item, people in of_item.items() if one & {*people} and other & {*people}}
            yield [row for row in table if row[0] in both and row[1] in one | other]
            for mine in (one, other):
                assert_many([row for row in table if row[0] in both and row[1] in mine])


def assert_many(rows):
    counts = {person: sum(one == person for _, one, _ in rows) for _, person, _ in rows}
    assert len(counts) >= 5
    assert 2 * max(counts.values()) <= len(rows)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(0, 10**9))
def test_no_figure_and_no_two_of_a_kind_are_about_few_people(seed):
    dice = random.Random(seed)
    table, asked = random_votes(dice)
    here, shares, agreement = shown(table, asked, dice.choice([0, 0.1, 0.3]), dice)
    for kind, divisions in (("shares", shares), ("within", agreement), ("between", agreement)):
        figures = []
        for division in divisions.values():
            rows = list(counted_by_figure(here, division, kind))
            assert len(division.sets) > 1
            for each in rows:
                assert_many(each)
            figures.append([frozenset(person for _, person, _ in each) for each in rows])
        for first, second in combinations(figures, 2):
            assert all(not 0 < len(one ^ other) < 5 for one in first for other in second), kind


def test_random_votes_show_and_hide_each_kind():
    """Else the property above would hold for want of figures."""
    dice = random.Random(3)
    found = [shown(*random_votes(dice), 0.1, dice)[1:] for _ in range(150)]
    for kind in (0, 1):
        sizes = [len(each[kind]) for each in found]
        assert min(sizes.count(count) for count in (0, 1, 2)) >= 5, (kind, sizes)
    assert sum(len(shares) > len(agreement) for shares, agreement in found) >= 10


def test_figures_by_hand():
    """Two groups of two on two items; on the first they differ, on the second all agree."""
    table = [(0, 1, 0), (0, 2, 0), (0, 3, 2), (0, 4, 2), (1, 1, 0), (1, 2, 0), (1, 3, 0), (1, 4, 0)]
    division = Division(2, {"a": frozenset({1, 2}), "b": frozenset({3, 4})}, frozenset())
    votes = votes_of(table)
    assert label_shares(votes, division, labels=3) == [[100, 0, 0], [50, 0, 50]]
    # The first group uses one label alone; the second agrees perfectly with itself.
    assert agreement_within(votes, division) == [{"percent": 100, "alpha": None}, {"percent": 100, "alpha": 1.0}]
    # Across, half of the pairs differ, as by chance: the first always says safe, the second half of the time.
    assert agreement_between(votes, division) == {(0, 1): {"percent": 50, "alpha": 0.0}}
