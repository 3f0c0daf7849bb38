"""
Shares of all items from few labels of people and many of models: prediction-powered inference. Pure, on numpy arrays.

Sources: A. N. Angelopoulos, S. Bates, C. Fannjiang, M. I. Jordan, T. Zrnic, "Prediction-powered inference", Science
382, 2023 (doi 10.1126/science.adi6000): the mean of the predictions, plus their mean error where the truth is known;
A. N. Angelopoulos, J. C. Duchi, T. Zrnic, "PPI++", 2023 (arXiv 2311.01453): how much to trust the predictions.

What is estimated is the share among these very items, and the predictions of all of them are known. So, unlike in the
papers, whose items stand for endlessly many others, the predictions add no uncertainty of their own, and the interval
closes as the sample becomes all items: the difference estimator of C.-E. Särndal, B. Swensson, J. Wretman, *Model
Assisted Survey Sampling*, 1992, chapter 6, with weights of one over the odds, divided by their sum (J. Hájek, 1971).
"""

from dataclasses import dataclass

import numpy as np

from quality.statistics.profiles import Numbers
from quality.statistics.student import interval_quantile

FEWEST = 30
"A figure of fewer labelled items is not given: a 95 % interval would not cover in 95 % of cases."
PSEUDO = np.array([[1.0, 0.0], [0.0, 1.0]])
"""
Truth and prediction of two made-up items, one wrong in each direction, so that an interval does not shrink to a point
where the sample has no error or no unsafe item: D. G. Bonett, R. M. Price, "Adjusted Wald confidence interval for a
difference of binomial proportions based on paired data", 2012 (doi 10.3102/1076998611411915).
"""


@dataclass(frozen=True)
class Share:
    """An estimated share, 0 to 1, with its 95 % interval."""

    n: int
    "Items of the sample with a label of people."
    items: int
    "Items that the share is of."
    value: float | None = None
    low: float | None = None
    high: float | None = None
    power: float | None = None
    "How much the predictions count, 0 (not at all) to 1 (in full), as the sample says."
    worth: int | None = None
    "How many labels of people alone would give so narrow an interval."
    reason: str | None = None
    "Why there is no figure."


@dataclass(frozen=True)
class Sample:
    """Items of a random sample; arrays of shape (sample,)."""

    truth: Numbers
    "What people say: 1 for unsafe, or for the category, else 0."
    predicted: Numbers
    "What the models say, 0 to 1."
    odds: Numbers
    "The probability with which each item came into the sample, above 0 and at most 1."


def estimate_share(sample: Sample, predicted: Numbers) -> Share:
    """
    Estimate the share of items that people would call unsafe, from a sample and from the predictions of all items.

    :param predicted: shape (items,), what the models say of every item, 0 to 1; a constant where they say nothing
    """
    n, items = len(sample.truth), len(predicted)
    if n < FEWEST:
        return Share(n, items, reason=f"fewer than {FEWEST} dialogues of the sample have all their votes")
    weights = 1 / sample.odds
    power = tuned_power(sample, weights)
    known = power * float(predicted.mean())
    value = known + weighted_mean(sample.truth - power * sample.predicted, weights)
    centre, error = centre_and_error(sample, weights, power)
    reach = error * interval_quantile(freedom_of(weights))
    return Share(
        n,
        items,
        value=within_bounds(value),
        low=within_bounds(min(value, known + centre - reach)),
        high=within_bounds(max(value, known + centre + reach)),
        power=power,
        worth=worth_of(sample, weights, power),
    )


def tuned_power(sample: Sample, weights: Numbers) -> float:
    """
    Return how much the predictions count: the slope of the truth on them in the sample, between 0 and 1.

    This is PPI++'s plug-in value for known predictions of all items. Predictions that go against the truth count 0,
    since else the interval could become wider than that of people's labels alone.
    """
    truth, predicted, weights = with_pseudo_items(sample, weights, share=1)
    apart = predicted - weighted_mean(predicted, weights)
    spread = float(weights @ apart**2)
    return min(1.0, max(0.0, float(weights @ (apart * truth)) / spread)) if spread else 0.0


def centre_and_error(sample: Sample, weights: Numbers, power: float) -> tuple[float, float]:
    """Return the mean error of the predictions with the made-up items, and its standard error."""
    left_out = 1 - sample.odds
    share = float(left_out.mean())  # where all items are in the sample, nothing is uncertain
    truth, predicted, weights = with_pseudo_items(sample, weights, share=share)
    residuals = truth - power * predicted
    centre = weighted_mean(residuals, weights)
    squares = (weights * (residuals - centre)) ** 2 * np.append(left_out, [1.0, 1.0])
    n = len(sample.truth)
    return centre, float(np.sqrt(squares.sum() * n / (n - 1)) / weights.sum())


def with_pseudo_items(sample: Sample, weights: Numbers, *, share: float) -> tuple[Numbers, Numbers, Numbers]:
    """
    Return truth, predictions and weights with the made-up items behind, (sample + 2,) each.

    :param share: what share of a common weight the made-up items have, 0 to 1
    """
    made_up = np.full(len(PSEUDO), weights.mean() * share)
    return (
        np.append(sample.truth, PSEUDO[:, 0]),
        np.append(sample.predicted, PSEUDO[:, 1]),
        np.append(weights, made_up),
    )


def worth_of(sample: Sample, weights: Numbers, power: float) -> int:
    """Return how many labels of people alone would give so narrow an interval."""
    _, error = centre_and_error(sample, weights, power)
    _, alone = centre_and_error(sample, weights, 0.0)
    return round(len(sample.truth) * (alone / error) ** 2) if error else len(sample.truth)


def weighted_mean(values: Numbers, weights: Numbers) -> float:
    """Return the mean of some values, (n,), by their weights."""
    return float(weights @ values / weights.sum())


def effective_number(weights: Numbers) -> float:
    """
    Return how many items of equal weight tell as much (L. Kish, *Survey Sampling*, 1965, 11.7).

    :param weights: shape (n,)
    """
    return float(weights.sum() ** 2 / (weights @ weights))


def freedom_of(weights: Numbers) -> float:
    """Return the degrees of freedom of a mean of weighted values, at least 1."""
    return max(1.0, effective_number(weights) - 1)


def within_bounds(share: float) -> float:
    """Return a share no lower than 0 and no higher than 1."""
    return min(1.0, max(0.0, share))
