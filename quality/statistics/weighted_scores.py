"""Accuracy and F1 on a random sample whose items were drawn with known odds. Pure, on numpy arrays."""

from dataclasses import dataclass

from quality.statistics.prediction_powered import FEWEST, effective_number, weighted_mean
from quality.statistics.profiles import Numbers
from quality.statistics.scores import NEITHER, Flags
from quality.statistics.wilson import wilson


@dataclass(frozen=True)
class Figure:
    """A figure with its 95 % interval, each 0 to 1; None with the reason if there is none."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str | None = None


@dataclass(frozen=True)
class SampleScore:
    """How right somebody is on the sample, with unsafe as the positive label."""

    n: int
    "Items of the sample with both labels."
    accuracy: Figure
    f1: Figure


def score_on_sample(predicted: Flags, truth: Flags, odds: Numbers) -> SampleScore:
    """
    Compare labels with those of people.

    An item weighs one over its odds (D. G. Horvitz, D. J. Thompson, 1952), so that the figures are those of all items.

    :param predicted: shape (n,), whether each label is unsafe; `truth`: whether people's label is
    :param odds: shape (n,), the probability with which each item came into the sample
    """
    if len(predicted) < FEWEST:
        few = Figure(reason=f"fewer than {FEWEST} dialogues of the sample can be compared")
        return SampleScore(len(predicted), few, few)
    weights = 1 / odds
    return SampleScore(len(predicted), share_of(predicted == truth, weights), f1_of(predicted, truth, weights))


def f1_of(predicted: Flags, truth: Flags, weights: Numbers) -> Figure:
    """
    Return F1 with an interval.

    F1 is 2 j / (1 + j), where j is the share of the hits in all items that either calls unsafe. It rises with j, so
    that the ends of its interval are those of the interval of j.
    """
    either = predicted | truth
    if not either.any():
        return Figure(reason=NEITHER)
    hits = share_of((predicted & truth)[either], weights[either])
    value, low, high = (None if each is None else 2 * each / (1 + each) for each in (hits.value, hits.low, hits.high))
    return Figure(value, low, high)


def share_of(flags: Flags, weights: Numbers) -> Figure:
    """Return the weighted share of flags that are set, (n,) each, with Wilson's interval for their effective number."""
    value, n = weighted_mean(flags.astype(float), weights), effective_number(weights)
    low, high = wilson(value * n, n)
    return Figure(value, low, high)
