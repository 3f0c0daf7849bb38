"""
Bounds on how far the category sets of a panel are from people's, from a random sample. Pure.

The false discovery of a set is the share of its categories that people do not name; its miss, the share of people's
categories that it lacks. Both are 0 where there is nothing to count. What is bounded is their mean over the items whose
categories come from the panel alone, since it says unsafe with enough of its ballots.

A mean of values from 0 to 1 is the sum, over steps up the scale, of the step times the share of values above its start.
Each share is that of a finite list, sampled without replacement, so it is bounded as the share of errors is: exactly,
by the hypergeometric distribution, whatever the order of the sample. Values between two steps count as the upper one.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod
from typing import Any

from adjudication.certifying.thresholds import Spread, bound_of
from adjudication.consensus import Opinion, decide, panel_score
from adjudication.panel_scores import NONE
from adjudication.policies import HUMAN, LLM, PANEL, FieldRule, Policy, same_rule
from corpus.labels import Field, Label

STEPS = (Fraction(1, 3), Fraction(1, 2), Fraction(2, 3), Fraction(1))
"Where the shares are bounded: exact for sets of up to three categories."
SHARES = ("false_discovery", "miss")
SETS = "categories"
"What stands for the category set in the place of a label field."


@dataclass(frozen=True)
class SetGroup:
    """Items that a panel calls unsafe on some field, and that are alike in all that counts here."""

    scores: tuple[tuple[Field, Fraction], ...]
    "The score of the panel's label, of each field that it calls unsafe."
    asked: frozenset[Field]
    "Fields on which fewer people than a quorum have voted, so that the panel may decide."
    is_unsafe: bool
    "Whether people call a field unsafe; then their categories count."
    is_drawn: bool
    is_complete: bool
    "Whether people's set is known and no vote of theirs is missing."
    losses: tuple[Fraction, Fraction] | None
    "The false discovery and the miss; None where people's set is not known."
    items: int

    def reaches(self, thresholds: Mapping[Field, Fraction], fields: Collection[Field] = tuple(Field)) -> bool:
        """Return whether the panel says unsafe on one of the fields with a score at its threshold."""
        return any(field in fields and field in thresholds and at >= thresholds[field] for field, at in self.scores)

    def is_alone(self, thresholds: Mapping[Field, Fraction]) -> bool:
        """Return whether the categories are the panel's."""
        return not self.is_unsafe and self.losses is None and self.reaches(thresholds, self.asked)


def set_losses(named: Collection[str], wanted: Collection[str]) -> tuple[Fraction, Fraction]:
    """
    Return the false discovery and the miss of a set.

    :param named: the panel's categories
    :param wanted: people's
    """
    both = len(set(named) & set(wanted))
    return share_without(len(named), both), share_without(len(wanted), both)


def share_without(count: int, both: int) -> Fraction:
    """Return the share of a set's categories that another lacks; 0 of none."""
    return Fraction(count - both, count) if count else Fraction(0)


def judge_sets(
    opinions: Sequence[Opinion],
    policy: Policy,
    *,
    fields: Collection[str],
    has_response: bool,
    votes_wanted: int,
    settled: Collection[str] | None = None,
) -> SetGroup | None:
    """
    Return an item as a group of one that is not drawn; None where no panel says unsafe.

    :param fields: the label fields the project wants
    :param settled: the categories of an adjudicator, if one settled it
    """
    item: dict[str, Any] = {"fields": fields, "has_response": has_response, "taxonomy": ()}
    alone = replace(policy, promise=None, thresholds={})
    panel = decide(opinions, replace(alone, rules=same_rule(FieldRule(LLM)), category_kinds=LLM, quorum=PANEL), **item)
    people = decide(opinions, replace(alone, rules=same_rule(FieldRule(HUMAN)), category_kinds=HUMAN), **item)
    called = [field for field, each in panel.fields.items() if each.label == Label.UNSAFE]
    scores = [(field, score) for field in called if (score := panel_score(opinions, field, policy)) != NONE]
    if not scores:
        return None
    votes = {field: each.safe + each.unsafe for field, each in people.fields.items()}
    is_settled = settled is not None
    is_known = is_settled or all(each.label for each in people.fields.values())
    return SetGroup(
        scores=tuple(scores),
        asked=frozenset(field for field, count in votes.items() if count < policy.quorum and not is_settled),
        is_unsafe=any(each.label == Label.UNSAFE for each in people.fields.values()),
        is_drawn=False,
        is_complete=is_known and (is_settled or all(count >= votes_wanted for count in votes.values())),
        losses=set_losses(panel.categories, people.categories if settled is None else settled) if is_known else None,
        items=1,
    )


def choices_of(levels: Iterable[int]) -> int:
    """
    Return how many thresholds, of all fields together, could have been chosen.

    Which were depends on the same sample. So the risk is divided among them: whichever was chosen, its bound holds.

    :param levels: how many scores each field has
    """
    return prod(count + 1 for count in levels) - 1


def sets_certificate(
    groups: Iterable[SetGroup], thresholds: Mapping[Field, Fraction], risk: float, *, choices: int, undecided: int = 0
) -> dict[str, Any]:
    """
    Return what is certified of the category sets, as plain JSON; no bound where the panel decides nothing.

    :param risk: of the two bounds together
    :param choices: as of `choices_of`
    :param undecided: items of the sample without a set by people that the groups do not tell
    """
    chosen = [each for each in groups if each.reaches(thresholds)]
    sample = [each for each in chosen if each.is_drawn]
    labelled = [each for each in sample if each.is_complete]
    count = sum(each.items for each in sample) + undecided
    missing = count - sum(each.items for each in labelled)
    items, alone = total(chosen), total(each for each in chosen if each.is_alone(thresholds))
    share = risk / (len(SHARES) * max(1, choices))
    shape = Shape(count, missing, items, alone)
    return {
        "choices": choices,
        "items": items,
        "alone": alone,
        "sample": count,
        "missing": missing,
        **{
            name: {
                "mean": mean_of(labelled, at),
                "bound": mean_bound(chosen, at, shape, share) if items else None,
            }
            for at, name in enumerate(SHARES)
        },
    }


@dataclass(frozen=True)
class Shape:
    """How many items a bound is of."""

    sample: int
    missing: int
    "Of the sample: people's set is not known, which counts as wholly wrong."
    items: int
    alone: int


def total(groups: Iterable[SetGroup]) -> int:
    """Return how many items there are in groups."""
    return sum(each.items for each in groups)


def mean_of(groups: Sequence[SetGroup], at: int) -> float | None:
    """Return the mean of one of the two shares; None without items."""
    count = total(groups)
    return float(sum(each.losses[at] * each.items for each in groups if each.losses) / count) if count else None


def mean_bound(groups: Sequence[SetGroup], at: int, shape: Shape, risk: float) -> float:
    """
    Return the upper bound of the mean of a share, of all items and of those whose categories are the panel's alone.

    :param risk: the probability that the mean is larger after all; it is divided among the steps
    """
    bound, before = 0.0, Fraction(0)
    for step in STEPS:
        above = [each for each in groups if each.losses and each.losses[at] > before]
        errors = total(each for each in above if each.is_drawn and each.is_complete) + shape.missing
        spread = Spread(shape.items, total(above), shape.alone)
        bound += float(step - before) * bound_of(shape.sample, errors, risk / len(STEPS), spread)
        before = step
    return min(1.0, bound)
