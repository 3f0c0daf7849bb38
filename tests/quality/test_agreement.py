"""Agreement and scores, compared with trusted libraries and published tables."""

import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, cohen_kappa_score, f1_score, precision_recall_fscore_support

from quality.statistics import agreement, scores
from quality.statistics.agreement import Ratings
from quality.statistics.reliability import krippendorff_alpha
from tests.quality.tables import shared_profiles

RATERS, VALUES = 5, 3
Matrix = list[list[int | None]]
"Items by raters; None where a rating is missing."
matrices = st.lists(
    st.lists(st.sampled_from([None, 0, 1, 2]), min_size=RATERS, max_size=RATERS), min_size=1, max_size=30
)


def as_ratings(matrix: Matrix) -> Ratings:
    rated = [
        (item, rater, value) for item, row in enumerate(matrix) for rater, value in enumerate(row) if value is not None
    ]
    columns = np.array(rated, dtype=np.int64).reshape(-1, 3).T
    return Ratings(*columns)


@given(matrices)
def test_alpha_equals_the_krippendorff_package(matrix: Matrix) -> None:
    ratings = as_ratings(matrix).only_shared()
    used = set(ratings.values.tolist())
    ours = krippendorff_alpha(ratings.profiles(), draws=0).value
    if len(used) < 2:
        assert ours is None
        return
    data = np.array([[np.nan if value is None else value for value in row] for row in matrix], dtype=float).T
    assert ours == pytest.approx(krippendorff.alpha(reliability_data=data, level_of_measurement="nominal"))


@given(matrices)
def test_kappa_of_each_pair_equals_scikit_learn(matrix: Matrix) -> None:
    ratings = as_ratings(matrix).only_shared()
    for pair in agreement.cohen_kappas(ratings, raters=RATERS):
        both = [(row[pair.a], row[pair.b]) for row in matrix if None not in (row[pair.a], row[pair.b])]
        a, b = zip(*both, strict=True)
        assert pair.n == len(both) >= 2
        if len({*a, *b}) < 2:
            assert pair.kappa is None
        else:
            assert pair.kappa == pytest.approx(cohen_kappa_score(a, b))


def test_fleiss_kappa_of_its_published_table() -> None:
    # Fleiss 1971, table 1: 30 patients, 6 psychiatrists, 5 diagnoses; kappa .430.
    rows = """0 0 0 6 0/0 3 0 0 3/0 1 4 0 1/0 0 0 0 6/0 3 0 3 0/2 0 4 0 0/0 0 4 0 2/2 0 3 1 0/2 0 0 4 0/0 0 0 0 6
    1 0 0 5 0/1 1 0 4 0/0 3 3 0 0/1 0 0 5 0/0 2 0 3 1/0 0 5 0 1/3 0 0 1 2/5 1 0 0 0/0 2 0 4 0/1 0 2 0 3
    0 0 0 0 6/0 1 0 5 0/0 2 0 1 3/2 0 0 4 0/1 0 0 4 1/0 5 0 1 0/4 0 0 0 2/0 2 0 4 0/1 0 5 0 0/0 0 0 0 6"""
    table = np.array([[int(n) for n in row.split()] for line in rows.splitlines() for row in line.split("/")])

    assert agreement.fleiss_kappa(shared_profiles(table)) == pytest.approx(0.430, abs=0.0005)


def test_fleiss_needs_equally_many_ratings_per_item() -> None:
    assert agreement.fleiss_kappa(shared_profiles([[2, 1], [1, 1]])) is None
    assert agreement.fleiss_kappa(shared_profiles([[3, 0], [3, 0]])) is None
    assert agreement.fleiss_kappa(shared_profiles([])) is None


def test_percent_is_the_mean_share_of_agreeing_pairs() -> None:
    assert agreement.percent_agreement(shared_profiles([[3, 0], [2, 1]])) == pytest.approx((1 + 1 / 3) / 2)
    assert agreement.percent_agreement(shared_profiles([])) is None


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_scores_equal_scikit_learn(pairs: list[tuple[bool, bool]]) -> None:
    predicted, truth = (np.array(column, dtype=bool) for column in zip(*pairs, strict=True))
    ours = scores.score(predicted, truth)
    precision, recall, f1, _ = precision_recall_fscore_support(truth, predicted, average="binary", zero_division=np.nan)

    assert ours.accuracy == pytest.approx(accuracy_score(truth, predicted))
    assert ours.precision is None if np.isnan(precision) else ours.precision == pytest.approx(precision)
    assert ours.recall is None if np.isnan(recall) else ours.recall == pytest.approx(recall)
    if not np.isnan(f1):
        assert ours.f1 == pytest.approx(f1)
    each = f1_score(truth, predicted, average=None, labels=[False, True], zero_division=np.nan)
    assert (ours.macro_f1 is None) == bool(np.isnan(each).any())
    if ours.macro_f1 is not None:
        assert ours.macro_f1 == pytest.approx(f1_score(truth, predicted, average="macro", labels=[False, True]))
    undefined = {"accuracy", "precision", "recall", "f1", "macro_f1"} & {
        name for name, value in vars(ours).items() if value is None
    }
    assert set(ours.reasons) == undefined


@given(matrices)
def test_majority_leaves_out_the_own_rating(matrix: Matrix) -> None:
    ratings = as_ratings(matrix)
    assume(len(ratings))
    unsafe = ratings.values == 2
    is_judged, truth = scores.majority_of_others(ratings.items, unsafe)
    for at, (item, _) in enumerate(zip(ratings.items, unsafe, strict=True)):
        others = [flag for other, flag in enumerate(unsafe) if ratings.items[other] == item and other != at]
        assert is_judged[at] == (sum(others) * 2 != len(others))
        if is_judged[at]:
            assert truth[at] == (sum(others) * 2 > len(others))


def test_majority_of_no_ratings_is_empty() -> None:
    is_judged, truth = scores.majority_of_others(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool))
    assert (len(is_judged), len(truth)) == (0, 0)
