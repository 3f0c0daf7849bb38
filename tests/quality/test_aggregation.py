"""Dawid-Skene and the weighted vote, compared with plain loops and with planted truths."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.statistics.aggregation import dawid_skene, group_patterns, weighted_vote
from quality.statistics.agreement import Ratings
from tests.cases import cases

RATERS = 4
Matrix = list[list[int | None]]
"Items by raters; None where a rating is missing."
answers = st.lists(
    st.lists(st.sampled_from([None, 0, 1]), min_size=RATERS, max_size=RATERS).filter(lambda row: set(row) != {None}),
    min_size=1,
    max_size=25,
)


def as_ratings(matrix: Matrix) -> Ratings:
    rated = [(i, r, v) for i, row in enumerate(matrix) for r, v in enumerate(row) if v is not None]
    return Ratings(*np.array(rated, dtype=np.int64).reshape(-1, 3).T)


def em_by_the_book(matrix: Matrix, right: float, wrong: float, rounds: int) -> tuple[np.ndarray, np.ndarray]:
    """Run the EM algorithm of Dawid and Skene 1979 as plain loops."""
    values = 2
    posterior = np.array([[sum(v == k for v in row) for k in range(values)] for row in matrix], dtype=float)
    posterior /= posterior.sum(axis=1, keepdims=True)
    for _ in range(rounds):
        shares = posterior.mean(axis=0)
        confusion = np.empty((RATERS, values, values))
        for r in range(RATERS):
            for true in range(values):
                for said in range(values):
                    confusion[r, true, said] = (right if true == said else wrong) + sum(
                        posterior[i, true] for i, row in enumerate(matrix) if row[r] == said
                    )
        confusion /= confusion.sum(axis=2, keepdims=True)
        for i, row in enumerate(matrix):
            for true in range(values):
                posterior[i, true] = shares[true] * np.prod(
                    [confusion[r, true, said] for r, said in enumerate(row) if said is not None]
                )
            posterior[i] /= posterior[i].sum()
    return posterior, confusion


@settings(max_examples=60)
@given(answers)
def test_dawid_skene_equals_plain_loops(matrix: Matrix) -> None:
    found = dawid_skene(as_ratings(matrix), raters=RATERS)
    posterior, confusion = em_by_the_book(matrix, 2.0, 1.0, found.rounds)

    assert found.posterior == pytest.approx(posterior, abs=1e-9)
    assert found.confusion == pytest.approx(confusion, abs=1e-9)


def test_dawid_skene_of_two_raters_and_two_items() -> None:
    # Both raters rate the first item 1; on the second they differ.
    found = dawid_skene(as_ratings([[1, 1], [1, 0]]), raters=2, right=0, wrong=0)
    # Without a prior, value 0 can only be that of the second item, so the first is surely 1.
    assert found.posterior[0] == pytest.approx([0, 1], abs=1e-6)


def planted(items: int, accuracies: list[float], seed: int, answered: float = 1.0) -> tuple[Ratings, np.ndarray]:
    """Return ratings of raters with known accuracies, and the truth."""
    dice = np.random.default_rng(seed)
    truth = dice.random(items) < 0.4
    said = np.where(dice.random((items, len(accuracies))) < accuracies, truth[:, None], ~truth[:, None])
    is_rated = dice.random(said.shape) < answered
    is_rated[np.arange(items), dice.integers(0, len(accuracies), items)] = True
    i, r = np.nonzero(is_rated)
    return Ratings(i, r, said[i, r].astype(np.int64)), truth


@cases("answered", [1.0, 0.6])
def test_estimates_beat_the_majority_if_errors_are_independent(answered: float) -> None:
    accuracies = [0.95, 0.9, 0.6, 0.58, 0.55]
    ratings, truth = planted(4000, accuracies, seed=3, answered=answered)
    found = dawid_skene(ratings, raters=5)
    weighed = weighted_vote(ratings.items, ratings.raters, ratings.values == 1, count=5)
    votes = np.bincount(ratings.items, weights=ratings.values) / np.bincount(ratings.items)

    assert found.confusion[:, 1, 1] == pytest.approx(accuracies, abs=0.05)
    majority = np.mean((votes > 0.5) == truth)
    assert np.mean((found.posterior[:, 1] > 0.5) == truth) > majority + 0.03
    assert np.mean((weighed.unsafe > 0.5) == truth) > majority + 0.02


def test_dawid_skene_is_misled_by_three_equal_jurors() -> None:
    dice = np.random.default_rng(4)
    truth = dice.random(3000) < 0.4
    people = np.where(dice.random((3000, 3)) < 0.85, truth[:, None], ~truth[:, None])
    copied = np.where(dice.random(3000) < 0.7, truth, ~truth)
    said = np.column_stack([people, copied, copied, copied])
    ratings = Ratings(np.repeat(np.arange(3000), 6), np.tile(np.arange(6), 3000), said.ravel().astype(np.int64))
    found = dawid_skene(ratings, raters=6)

    people_right = np.mean((people.sum(axis=1) >= 2) == truth)
    assert np.mean((found.posterior[:, 1] > 0.5) == truth) < people_right - 0.1


@settings(max_examples=60)
@given(answers, st.randoms(use_true_random=False))
def test_order_of_ratings_does_not_matter(matrix: Matrix, dice: random.Random) -> None:
    ratings = as_ratings(matrix)
    order = list(range(len(ratings)))
    dice.shuffle(order)
    mixed = Ratings(ratings.items[order], ratings.raters[order], ratings.values[order])
    first, second = dawid_skene(ratings, raters=RATERS), dawid_skene(mixed, raters=RATERS)

    assert first.posterior == pytest.approx(second.posterior, abs=1e-9)
    assert first.posterior.sum(axis=1) == pytest.approx(np.ones(len(matrix)))
    assert (first.posterior >= 0).all()
    weighed = weighted_vote(ratings.items, ratings.raters, ratings.values == 1, count=RATERS)
    assert ((weighed.unsafe >= 0) & (weighed.unsafe <= 1)).all()
    assert (weighed.weights >= 0).all()


@given(answers)
def test_patterns_group_items_with_equal_ratings_only(matrix: Matrix) -> None:
    ratings = as_ratings(matrix)
    patterns, pattern_of, sizes = group_patterns(ratings)
    rows = [tuple(row) for row in matrix]

    assert len(sizes) == len(set(rows))
    assert sizes.sum() == len(matrix)
    for a, pattern in enumerate(pattern_of):
        assert [rows[b] == rows[a] for b in range(len(rows))] == [other == pattern for other in pattern_of]
    rebuilt = [[None] * RATERS for _ in sizes]
    for item, rater, value in zip(patterns.items, patterns.raters, patterns.values, strict=True):
        rebuilt[item][rater] = value
    assert [tuple(rebuilt[each]) for each in pattern_of] == rows


def test_sparse_raters_stay_near_chance() -> None:
    found = dawid_skene(as_ratings([[1, None, 1, 1], [0, 1, 0, 0], [0, None, 0, 0]]), raters=4)
    assert 0.3 < found.confusion[1, 0, 1] < 0.6
