"""
The alternative annotator test: whether a model may take the place of a person. Pure, on numpy arrays.

Source: N. Calderon, R. Reichart, R. Dror, "The Alternative Annotator Test for LLM-as-a-Judge: How to Statistically
Justify Replacing Human Annotators with LLMs", ACL 2025 (arXiv 2501.10970), with accuracy as the measure of alignment.
"""

from dataclasses import dataclass, field

import numpy as np

from quality.statistics.prediction_powered import FEWEST, freedom_of, weighted_mean
from quality.statistics.profiles import Codes, Numbers
from quality.statistics.scores import Flags
from quality.statistics.student import lower_tail

EPSILON = 0.15
"How much worse than a person a model may be for what it costs less; 0.2 for experts, 0.15 trained people, 0.1 crowds."
FEWEST_PEOPLE = 3
FALSE_DISCOVERIES = 0.05
"The expected share of wrong rejections among all."
WINS = 0.5
"The share of people that a model has to be tested as good as."
TINY = 1e-9
"A standard error of this size is one of 0, rounded."


@dataclass(frozen=True)
class Votes:
    """People's votes on the sample; arrays of shape (votes,)."""

    item: Codes
    person: Codes
    unsafe: Flags
    odds: Numbers
    "The probability with which the vote's item came into the sample."


@dataclass(frozen=True)
class Replacement:
    """Whether a model may take the place of a person."""

    people: int
    "With how many people it was compared, each on 30 or more items."
    advantage: float | None = None
    "The probability that it is as close to the other people as the person whose place it takes, or closer."
    winning_rate: float | None = None
    "The share of people of whom it is shown that it is at most epsilon worse."
    p_values: list[float] = field(default_factory=list)
    "One a person, rising, corrected for the number of people and of models."
    passes: bool | None = None
    reason: str | None = None
    "Why it was not tested."


@dataclass(frozen=True)
class Pair:
    """One model compared with one person."""

    model: int
    n: int
    advantage: float
    p: float


def replacements(votes: Votes, labels: list[Codes], *, epsilon: float = EPSILON) -> list[Replacement]:
    """
    Test each of some models.

    :param labels: of each model, shape (items,): 0 for safe, 1 for unsafe, -1 for no label
    :param epsilon: 0 to 1
    """
    pairs = [pair for model, given in enumerate(labels) for pair in compare_with_people(votes, model, given, epsilon)]
    corrected = corrected_p_values(np.array([pair.p for pair in pairs]))
    return [
        replacement_of([(pair, p) for pair, p in zip(pairs, corrected, strict=True) if pair.model == model])
        for model in range(len(labels))
    ]


def replacement_of(pairs: list[tuple[Pair, float]]) -> Replacement:
    """Return the outcome for one model from its comparisons, each with its corrected p-value."""
    if len(pairs) < FEWEST_PEOPLE:
        reason = f"fewer than {FEWEST_PEOPLE} people judged {FEWEST} dialogues of the sample that it judged, too"
        return Replacement(len(pairs), reason=reason)
    p_values = sorted(float(p) for _, p in pairs)
    winning_rate = sum(p <= FALSE_DISCOVERIES for p in p_values) / len(p_values)
    advantage = sum(pair.advantage for pair, _ in pairs) / len(pairs)
    return Replacement(len(pairs), advantage, winning_rate, p_values, winning_rate >= WINS)


def compare_with_people(votes: Votes, model: int, labels: Codes, epsilon: float) -> list[Pair]:
    """Return the comparisons of one model with every person who has enough votes beside others and the model."""
    others = np.bincount(votes.item)[votes.item] - 1
    usable = (others > 0) & (labels[votes.item] >= 0)
    unsafe_others = np.bincount(votes.item, weights=votes.unsafe)[votes.item] - votes.unsafe
    by_person = np.where(votes.unsafe, unsafe_others, others - unsafe_others)
    by_model = np.where(labels[votes.item] == 1, unsafe_others, others - unsafe_others)
    pairs = []
    for person in np.unique(votes.person[usable]):
        own = usable & (votes.person == person)
        if own.sum() >= FEWEST:
            better = np.sign(by_person[own] - by_model[own])
            pairs.append(compare(model, better, 1 / votes.odds[own], epsilon))
    return pairs


def compare(model: int, better: Numbers, weights: Numbers, epsilon: float) -> Pair:
    """
    Test a model against one person: is the person closer to the others by less than epsilon?

    :param better: shape (items,): 1 where the person is closer to the others, -1 where the model is, 0 where both are
        as close
    """
    n, mean = len(better), weighted_mean(better, weights)
    advantage = weighted_mean((better <= 0).astype(float), weights)
    error = float(np.sqrt(((weights * (better - mean)) ** 2).sum() * n / (n - 1)) / weights.sum())
    return Pair(model, n, advantage, p_value(mean, error, epsilon, n, int(freedom_of(weights))))


def p_value(mean: float, error: float, epsilon: float, n: int, freedom: int) -> float:
    """
    Return the p-value of the person being closer by epsilon or more, by a one-sided t test.

    Where all differences are the same there is no spread to judge by. If the person was never closer, that has at most
    the probability (1 - epsilon) ** n.
    """
    if error > TINY:
        return lower_tail((mean - epsilon) / error, freedom)
    return float((1 - epsilon) ** n) if mean <= 0 else 1.0


def corrected_p_values(p_values: Numbers) -> Numbers:
    """
    Return p-values corrected for their number, however they depend on each other.

    Source: Y. Benjamini, D. Yekutieli, "The control of the false discovery rate in multiple testing under dependency",
    2001. One at most q is one that the procedure rejects at q.

    :param p_values: shape (tests,)
    """
    tests = len(p_values)
    ranks = np.arange(1, tests + 1)
    order = np.argsort(p_values, kind="stable")
    raised = p_values[order] * tests * (1 / ranks).sum() / ranks
    corrected = np.empty(tests)
    corrected[order] = np.minimum(1, np.minimum.accumulate(raised[::-1])[::-1])
    return corrected
