"""A certificate: the thresholds at which a panel may decide alone, what they were chosen from, and why none. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from adjudication.certifying.bounds import fewest_items
from adjudication.certifying.sets import SetGroup, choices_of, sets_certificate
from adjudication.certifying.thresholds import Certified, Spread, certify
from adjudication.policies import Promise
from corpus.labels import Field


@dataclass(frozen=True)
class Score:
    """The items on whose field the panel has one score."""

    score: Fraction
    "The share of the counted ballots that give the panel's label: above 0.5, at most 1."
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
        "risk_of_each": share,
        "undrawn": undrawn,
        "fields": {
            str(field): field_certificate(each, promise.error, share, undrawn=undrawn) for field, each in scores.items()
        },
    }
    choices = choices_of(map(len, scores.values()))
    certificate["sets"] = sets_certificate(groups, thresholds_of(certificate), share, choices=choices)
    return certificate


def field_certificate(scores: Sequence[Score], error: float, risk: float, *, undrawn: int = 0) -> dict[str, Any]:
    """Return what is certified of one field: threshold, bound, levels and, without a threshold, the reason."""
    counts = [(each.score, each.sample, each.errors, each.missing) for each in scores if each.sample]
    spreads = {each.score: Spread(each.items, each.found, each.alone) for each in scores}
    found = certify(counts, error, risk, spreads)
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
        "reason": reason_of(found, error, risk, undrawn),
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


def reason_of(found: Certified, error: float, risk: float, undrawn: int) -> str:
    """Return in words why no threshold is certified; empty if one is."""
    if found.threshold is not None:
        return ""
    if undrawn:
        return f"{undrawn} items were never drawn for the sample: set its share above 0 %, so that they are."
    needed = fewest_items(error, risk)
    if not found.levels:
        return f"No item of the blind sample has ballots of two jurors that agree: about {needed} are needed."
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
