"""The blind random sample on a label field: which items have a label by people, and what models say of all."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from adjudication.policies import Policy
from corpus.labels import NEEDS_RESPONSE, Field
from corpus.models import Project
from quality.queries.sample import Draws
from quality.reports.arrays import Opinions, read_decisions
from quality.reports.scores import settled_labels
from quality.statistics.prediction_powered import Sample, estimate_share
from quality.statistics.profiles import Codes, Numbers
from quality.statistics.scores import Flags


@dataclass(frozen=True)
class Labelled:
    """Drawn items, and those of the sample with a label by people; arrays of shape (drawn,)."""

    drawn: Codes
    "Index of the item."
    in_sample: Flags
    is_labelled: Flags
    "Whether it is in the sample, is reached, has all its votes, and these have a majority or are settled."
    odds: Numbers
    "Of being labelled: see `odds_of_label`."

    @property
    def labelled(self) -> Codes:
        """The index of every item with a label by people: shape (labelled,)."""
        return self.drawn[self.is_labelled]


@dataclass(frozen=True)
class FieldSample(Labelled):
    """The sample on one label field, among the drawn items that have it."""

    field: str
    truth: Codes
    "Shape (items,): 0 for safe, 1 for unsafe by people, -1 where people have not decided."
    tied: int
    "Items of the sample whose votes are all in and tie, without a settlement."


def field_sample(project: Project, opinions: Opinions, policy: Policy, draws: Draws, field: str) -> FieldSample:
    """Return the sample on one label field."""
    chosen = np.ones(len(draws.item), dtype=bool)
    if Field(field) in NEEDS_RESPONSE:
        chosen = opinions.has_response[draws.item]
    drawn, in_sample, odds = draws.item[chosen], draws.in_sample[chosen], draws.odds[chosen]
    votes, unsafe = label_counts(opinions, policy, field, opinions.is_human)
    truth = majority_labels(votes, unsafe)
    settled = settled_labels(read_decisions(project, policy.name, field, opinions.item_keys), len(truth))
    truth = np.where((votes > 0) & (truth < 0), settled, truth)
    is_complete = in_sample & draws.is_reached[chosen] & (votes[drawn] >= project.votes_wanted)
    is_labelled = is_complete & (truth[drawn] >= 0)
    tied = int(is_complete.sum() - is_labelled.sum())
    odds = odds_of_label(odds, in_sample, is_labelled)
    return FieldSample(drawn, in_sample, is_labelled, odds, field, truth, tied)


def odds_of_label(odds: Numbers, in_sample: Flags, is_labelled: Flags) -> Numbers:
    """
    Return the odds with which each drawn item is labelled: shape (drawn,), as the arguments.

    Until all votes of the sample are in, those with a label stand for the others that were drawn with the same odds.
    """
    values, group = np.unique(odds, return_inverse=True)
    sampled = np.bincount(group[in_sample], minlength=len(values))
    labelled = np.bincount(group[is_labelled], minlength=len(values))
    return odds * (labelled / np.maximum(1, sampled))[group]


def label_counts(opinions: Opinions, policy: Policy, field: str, chosen: Flags) -> tuple[Codes, Codes]:
    """
    Return how many opinions label each item, and how many of them unsafe: shape (items,) each.

    :param chosen: shape (opinions,), the opinions to count
    """
    counted, items = chosen & opinions.has_value(field), len(opinions.item_keys)
    unsafe = counted & opinions.is_unsafe(field, policy)
    return np.bincount(opinions.item[counted], minlength=items), np.bincount(opinions.item[unsafe], minlength=items)


def majority_labels(counts: Codes, unsafe: Codes) -> Codes:
    """Return the label that more than half give each item: 0 safe, 1 unsafe, -1 for a tie or none: shape (items,)."""
    return np.where(2 * unsafe == counts, -1, (2 * unsafe > counts).astype(np.int64))


def predicted_shares(counts: Codes, named: Codes) -> Numbers:
    """Return the share of opinions that say so, by item, and the mean of them where there is none: shape (items,)."""
    known = counts > 0
    shares = np.divide(named, counts, out=np.zeros(len(counts)), where=known)
    shares[~known] = shares[known].mean() if known.any() else 0.0
    return shares


def prevalence(part: Labelled, truth: Flags, predicted: Numbers, chosen: Flags | None = None) -> dict[str, Any]:
    """
    Return the estimated share of some items, as JSON.

    :param truth: shape (items,), what people say; `predicted` likewise, what models say, 0 to 1
    :param chosen: shape (drawn,), the drawn items to estimate the share of; all by default
    """
    if chosen is None:
        chosen = np.ones(len(part.drawn), dtype=bool)
    labelled = part.is_labelled & chosen
    at = part.drawn[labelled]
    sample = Sample(truth[at].astype(np.float64), predicted[at], part.odds[labelled])
    return asdict(estimate_share(sample, predicted[part.drawn[chosen]]))
