"""A certificate: the thresholds at which a panel may decide alone, what they were chosen from, and why none. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from adjudication.certifying.bounds import fewest_items
from adjudication.certifying.sets import SetGroup, choices_of, sets_certificate
from adjudication.certifying.thresholds import Certified, Spread, certify, count_tested, first_score
from adjudication.panel_scores import ScoreBy
from adjudication.policies import Promise
from corpus.labels import Field


@dataclass(frozen=True)
class Score:
    """The items on whose field the panel has one score."""

    score: Fraction
    "As of `adjudication.panel_scores`: above 0, at most 1."
    sample: int
    "Items of the sample that would be in at the smallest odds used."
    errors: int
    "Of the sample: people say otherwise."
    missing: int
    "Of the sample: people have not decided, or votes are missing."
    items: int
    found: int
    "Of all items: people have decided otherwise."
    alone: int
    "Of all items: people have not voted enough, so the panel would decide."


Scores = Mapping[Field, Sequence[Score]]
"Every distinct score by label field."


def certificate_of(
    scores: Scores, promise: Promise, *, undrawn: int = 0, groups: Iterable[SetGroup] = ()
) -> dict[str, Any]:
    """
    Return the certificate as plain JSON; equal evidence gives an equal one.

    The risk is divided among the fields and the category sets, so that all promises hold at once.

    :param undrawn: items that want votes and were never drawn. The sample says nothing of them, so nothing is promised
    :param groups: the items that the panel calls unsafe
    """
    share = promise.risk / (len(scores) + 1)
    certificate: dict[str, Any] = {
        "error": promise.error,
        "risk": promise.risk,
        **({} if promise.score_by == ScoreBy.SHARE else {"score_by": str(promise.score_by)}),
        "risk_of_each": share,
        "undrawn": undrawn,
        "fields": {
            str(field): field_certificate(each, promise.error, share, undrawn=undrawn, score_by=promise.score_by)
            for field, each in scores.items()
        },
    }
    choices = choices_of(count_tested(items_by_score(each), promise.score_by) for each in scores.values())
    certificate["sets"] = sets_certificate(groups, thresholds_of(certificate), share, choices=choices)
    return certificate


def items_by_score(scores: Iterable[Score]) -> dict[Fraction, int]:
    """Return how many of all items have each score."""
    return {each.score: each.items for each in scores}


def field_certificate(
    scores: Sequence[Score], error: float, risk: float, *, undrawn: int = 0, score_by: ScoreBy = ScoreBy.SHARE
) -> dict[str, Any]:
    """Return what is certified of one field: threshold, bound, levels and, without a threshold, the reason."""
    counts = [(each.score, each.sample, each.errors, each.missing) for each in scores if each.sample]
    spreads = {each.score: Spread(each.items, each.found, each.alone) for each in scores}
    first = first_score(items_by_score(scores), score_by)
    found = certify(counts, error, risk, spreads, first=first)
    if undrawn:
        found = without_threshold(found)
    threshold = found.threshold
    last = next((level for level in found.levels if level.threshold == threshold), None)
    return {
        "threshold": threshold and str(threshold),
        "bound": found.bound if last else None,
        "sample": last.count if last else 0,
        "errors": last.errors if last else 0,
        "missing": last.missing if last else 0,
        "alone": sum(each.alone for each in scores if threshold is not None and each.score >= threshold),
        "reason": reason_of(found, error, risk, undrawn, score_by),
        "levels": [
            {
                "score": str(level.threshold),
                "sample": level.count,
                "errors": level.errors,
                "missing": level.missing,
                "bound": level.bound,
                "accepted": level.accepted,
            }
            for level in found.levels
        ],
    }


def without_threshold(found: Certified) -> Certified:
    """Return the same levels, none of which is accepted."""
    return Certified(None, 1.0, [replace(level, accepted=False) for level in found.levels])


def reason_of(found: Certified, error: float, risk: float, undrawn: int, score_by: ScoreBy) -> str:
    """Return in words why no threshold is certified; empty if one is."""
    if found.threshold is not None:
        return ""
    if undrawn:
        return f"{undrawn} items were never drawn for the sample: set its share above 0 %, so that they are."
    needed = fewest_items(error, risk)
    if not found.levels:
        sure = " and say how probable their labels are" if score_by == ScoreBy.PROBABILITY else ""
        return f"No item of the blind sample has ballots of two jurors that agree{sure}: about {needed} are needed."
    first = found.levels[0]
    if not first.errors and first.missing:
        return f"People have not decided {first.missing} of {first.count} items of the sample yet."
    if not first.errors:
        return f"The sample has {first.count} items at the strictest score: about {needed} without an error are needed."
    return f"Where most jurors agree, people say otherwise on {first.errors} of {first.count} items of the sample."


def thresholds_of(certificate: Mapping[str, Any]) -> dict[Field, Fraction]:
    """Return the thresholds of a certificate by label field; fields without one are left out."""
    fields = certificate["fields"].items()
    return {Field(name): Fraction(each["threshold"]) for name, each in fields if each["threshold"]}
