"""Labels by Dawid-Skene and by a weighted vote, compared with the decisions. Advice only: it changes nothing."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from adjudication.policies import Kind, Policy
from corpus.labels import Field
from corpus.models import Item, Project
from quality.reports.arrays import Decisions, Opinions, read_decisions
from quality.reports.panel import PanelField
from quality.reports.scores import gold_labels, settled_labels
from quality.reports.wording import unknown_reason
from quality.statistics.aggregation import DawidSkene, WeightedVote, dawid_skene, weighted_vote
from quality.statistics.agreement import Ratings
from quality.statistics.profiles import Codes, Numbers
from quality.statistics.scores import Flags, share

MAX_LISTED = 500
FEW_OPINIONS = 5
FEW_OF_A_RATER = 20
CORRELATED = 0.3
EVEN = 1e-9
"Equal weights on either side add up to no more than this beside one half."
SURE = 0.45
"An estimate is sure if its probability of unsafe is further than this from one half."


@dataclass(frozen=True)
class Counted:
    """The opinions that the policy counts on one field, folded; items are renumbered from 0."""

    places: Codes
    "Shape (items,): index of each item in the project."
    item: Codes
    "Shape (opinions,)."
    rater: Codes
    "Shape (opinions,)."
    unsafe: Flags
    "Shape (opinions,)."

    @property
    def totals(self) -> Codes:
        """The number of opinions per item: shape (items,)."""
        return np.bincount(self.item)

    @property
    def unsafe_votes(self) -> Numbers:
        """The number of opinions per item that say unsafe: shape (items,)."""
        return np.bincount(self.item, weights=self.unsafe).astype(np.float64)


Estimates = dict[str, Numbers]
"The probability of unsafe, shape (items,), by method: dawid_skene and weighted."


def advice_figures(project: Project, opinions: Opinions, policy: Policy, panel: list[PanelField]) -> dict[str, Any]:
    """
    Return the advice on each field of the project.

    :param panel: the correlation of the jurors, by field
    """
    by_name = {field.name: field for field in panel}
    return {
        "fields": [
            field_advice(project, opinions, policy, field, by_name.get(Field(field).name.capitalize()))
            for field in project.fields
        ]
    }


def field_advice(
    project: Project, opinions: Opinions, policy: Policy, field: str, panel: PanelField | None
) -> dict[str, Any]:
    """Return the estimates on one field beside the decisions, with warnings."""
    counted = counted_opinions(project, opinions, policy, field)
    if not len(counted.places):
        return {"field": field, "items": 0, "warnings": [], "flips": [], "raters": []}
    raters, items = len(opinions.raters), len(opinions.item_keys)
    ratings = Ratings(counted.item, counted.rater, counted.unsafe.astype(np.int64))
    model = dawid_skene(ratings, raters=raters)
    weighted = weighted_vote(counted.item, counted.rater, counted.unsafe, count=raters)
    estimates = {"dawid_skene": model.posterior[:, 1], "weighted": weighted.unsafe}
    decisions = read_decisions(project, policy.name, field, opinions.item_keys)
    gold = gold_labels(project, opinions, policy, field)
    return {
        "field": field,
        "items": len(counted.places),
        "rounds": model.rounds,
        "share_unsafe": float(model.shares[1]),
        "warnings": warnings(counted, panel, raters),
        **differences(counted, decisions, estimates, opinions.item_keys),
        "checked": {
            "gold": accuracies(gold[counted.places], counted, estimates),
            "settled": accuracies(settled_labels(decisions, items)[counted.places], counted, estimates),
        },
        "raters": rater_estimates(opinions, counted, model, weighted),
    }


def counted_opinions(project: Project, opinions: Opinions, policy: Policy, field: str) -> Counted:
    """Return the opinions that the policy counts: the same that the decisions are made from."""
    kinds = policy.rules[Field(field)].kinds
    is_counted = np.where(opinions.is_human, Kind.HUMAN in kinds, Kind.LLM in kinds)
    kept = opinions.has_value(field) & is_counted & may_decide(project, opinions, policy, field)[opinions.item]
    places, item = np.unique(opinions.item[kept], return_inverse=True)
    return Counted(places, item, opinions.rater[kept], opinions.is_unsafe(field, policy)[kept])


def may_decide(project: Project, opinions: Opinions, policy: Policy, field: str) -> Flags:
    """Return on which items opinions decide a field: where it follows another one, that must be unsafe: (items,)."""
    followed = policy.rules[Field(field)].follows
    if followed is None:
        return np.ones(len(opinions.item_keys), dtype=bool)
    decisions = read_decisions(project, policy.name, followed, opinions.item_keys)
    is_unsafe = np.zeros(len(opinions.item_keys), dtype=bool)
    is_unsafe[decisions.item[decisions.label == 1]] = True
    return is_unsafe


def said_by(probabilities: Numbers) -> Codes:
    """Return what probabilities of unsafe say: 1 for unsafe, -1 for safe, 0 for even odds, which are no label."""
    return np.where(np.abs(probabilities - 0.5) <= EVEN, 0, np.sign(probabilities - 0.5)).astype(np.int64)


def differences(counted: Counted, decisions: Decisions, estimates: Estimates, item_keys: Codes) -> dict[str, Any]:
    """
    Return how many items each estimate would label otherwise, and list them, surest first.

    Settled items are left out. `sure_of_open` counts open items that an estimate is sure of.
    """
    label, is_settled = labels_of(counted, decisions, len(item_keys))
    is_decided, is_open = label >= 0, (label < 0) & ~is_settled
    opposite = np.where(label == 1, -1, 1)
    flips = {name: is_decided & ~is_settled & (said_by(p) == opposite) for name, p in estimates.items()}
    either = np.flatnonzero(flips["dawid_skene"] | flips["weighted"])
    order = np.argsort(-np.abs(estimates["dawid_skene"][either] - 0.5), kind="stable")
    figures = {
        name: {"flips": int(flips[name].sum()), "sure_of_open": int((is_open & (np.abs(p - 0.5) > SURE)).sum())}
        for name, p in estimates.items()
    }
    return {
        "decided": int(is_decided.sum()),
        "open": int(is_open.sum()),
        **figures,
        "either": len(either),
        "flips": flip_rows(either[order][:MAX_LISTED], counted, label, estimates, item_keys),
    }


def labels_of(counted: Counted, decisions: Decisions, items: int) -> tuple[Codes, Flags]:
    """
    Return the decided label of each item with counted opinions, and whether an adjudicator settled it.

    :param items: the number of items of the project
    :return: 0 for safe, 1 for unsafe, -1 for none; and the flags; both of shape (items with counted opinions,)
    """
    label, is_settled = np.full(items, -1), np.zeros(items, dtype=bool)
    label[decisions.item] = decisions.label
    is_settled[decisions.item[decisions.is_settled]] = True
    return label[counted.places], is_settled[counted.places]


def flip_rows(
    listed: Codes, counted: Counted, label: Codes, estimates: Estimates, item_keys: Codes
) -> list[dict[str, Any]]:
    """Return a row per listed item: its external id, its label, the counts and the probabilities of unsafe."""
    keys = item_keys[counted.places[listed]].tolist()
    names = dict(Item.objects.filter(pk__in=keys).values_list("pk", "external_id"))
    totals, unsafe_votes = counted.totals, counted.unsafe_votes
    return [
        {
            "id": names[key],
            "decided": "unsafe" if label[at] else "safe",
            "safe": int(totals[at] - unsafe_votes[at]),
            "unsafe": int(unsafe_votes[at]),
            **{name: round(float(p[at]), 4) for name, p in estimates.items()},
        }
        for key, at in zip(keys, listed, strict=True)
    ]


def accuracies(truth: Codes, counted: Counted, estimates: Estimates) -> dict[str, Any]:
    """
    Return how often the majority and each estimate are right on items with a known label.

    A tie has no majority, and even odds are no label, so neither is right there.

    :param truth: shape (items with counted opinions,), 0 for safe, 1 for unsafe, -1 for unknown
    """
    known = truth >= 0
    side = np.where(truth[known] == 1, 1, -1)
    majority = np.sign(2 * counted.unsafe_votes[known] - counted.totals[known])
    right = {"majority": int((majority == side).sum())}
    right |= {name: int((said_by(p[known]) == side).sum()) for name, p in estimates.items()}
    n = int(known.sum())
    return {"n": n, **{name: share(count, n) for name, count in right.items()}}


def rater_estimates(
    opinions: Opinions, counted: Counted, model: DawidSkene, weighted: WeightedVote
) -> list[dict[str, Any]]:
    """Return a row per rater: its recall of unsafe and of safe by Dawid-Skene, and its weight."""
    counts = np.bincount(counted.rater, minlength=len(opinions.raters))
    return [
        {
            "rater": name,
            "kind": kind,
            "n": int(counts[at]),
            "finds_unsafe": float(model.confusion[at, 1, 1]),
            "leaves_safe": float(model.confusion[at, 0, 0]),
            "weight": float(weighted.weights[at]),
        }
        for at, (kind, name) in enumerate(opinions.raters)
        if counts[at]
    ]


def warnings(counted: Counted, panel: PanelField | None, raters: int) -> list[str]:
    """Return the reasons against following the estimates in this project, in words."""
    return [
        text
        for text in (few_opinions_warning(counted), few_ratings_warning(counted, raters), correlation_warning(panel))
        if text
    ]


def few_opinions_warning(counted: Counted) -> str:
    """Return a warning if items have few opinions, else an empty text."""
    per_item = len(counted.item) / len(counted.places)
    if per_item >= FEW_OPINIONS:
        return ""
    return (
        f"There are {per_item:.1f} opinions per item. With fewer than {FEW_OPINIONS}, the model has little to judge "
        "its raters by but its own guesses."
    )


def few_ratings_warning(counted: Counted, raters: int) -> str:
    """Return a warning if some raters have few opinions, else an empty text."""
    counts = np.bincount(counted.rater, minlength=raters)
    active, sparse = int((counts > 0).sum()), int(((counts > 0) & (counts < FEW_OF_A_RATER)).sum())
    return f"{sparse} of {active} raters have fewer than {FEW_OF_A_RATER} opinions." if sparse else ""


def correlation_warning(panel: PanelField | None) -> str:
    """Return a warning if the jurors make the same errors, or if that is unknown, else an empty text."""
    if panel is None:
        return ""
    errors = panel.errors
    if errors.correlation is not None and errors.correlation > CORRELATED:
        return (
            f"The {len(panel.jurors)} jurors make the same errors (correlation {errors.correlation:.2f}, worth "
            f"{errors.votes or 1:.1f} independent jurors). The model takes each for an independent rater."
        )
    if errors.correlation is None and panel.verdicts.correlation is not None:
        return f"It is unknown whether the jurors make the same errors: {unknown_reason(errors.items)}."
    return ""
