"""Read what was measured of a project from the rows that are kept of it. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from releases.facts.model import (
    Disagreement,
    GroupComparison,
    GroupDifference,
    Interval,
    Measured,
    ModelErrors,
    PeopleGroup,
    Perspective,
    TwinFlips,
    UnevenPair,
)

Row = Mapping[str, Any]
CAUSES = ("slips", "rules", "values")


def measured(rows: Iterable[Row], asked: int) -> Measured:
    """
    Return what was measured.

    :param rows: `kind`, `day` and `content` of each kind that is kept
    """
    kept = {row["kind"]: row for row in rows}
    why, bias, people, swapped = (kept.get(kind) for kind in ("disagreement", "bias", "perspectives", "twins"))
    return Measured(
        asked=asked,
        disagreement=tuple(disagreement(each, why["day"]) for each in why["content"]["fields"]) if why else (),
        comparisons=tuple(comparison(each, bias["day"]) for each in bias["content"]["fields"]) if bias else (),
        unnamed=tuple(bias["content"]["unnamed"]) if bias else (),
        perspectives=tuple(chain.from_iterable(map(perspectives, people["content"]["divisions"]))) if people else (),
        twins=tuple(map(flips, swapped["content"]["evaluations"].values())) if swapped else (),
    )


def disagreement(found: Row, day: str) -> Disagreement:
    """Return why people disagree on a field."""
    causes = {cause: Interval(**found[cause]) if found[cause] else None for cause in CAUSES}
    lists = {name: tuple(found[name]) for name in ("unclear", "leaning")}
    return Disagreement(**{**found, **causes, **lists}, day=day)


def comparison(found: Row, day: str) -> GroupComparison:
    """Return how groups compare on a field."""
    errors = tuple(ModelErrors(**{**each, "groups": differences(each)}) for each in found.get("errors", ()))
    return GroupComparison(**{**found, "groups": differences(found), "errors": errors}, day=day)


def differences(found: Row) -> tuple[GroupDifference, ...]:
    """Return the groups that are furthest apart."""
    return tuple(GroupDifference(**each) for each in found["groups"])


def flips(found: Row) -> TwinFlips:
    """Return how a model answered on one set of twins."""
    return TwinFlips(**{**found, "uneven": tuple(UnevenPair(**each) for each in found["uneven"])})


def perspectives(found: Row) -> Iterator[Perspective]:
    """Yield what was published of groups by one question, by label field; nothing of earlier versions' shares."""
    for field in found.get("fields", ()):
        groups = tuple(
            PeopleGroup(group["name"], group["people"], each["difference"])
            for group, each in zip(found["groups"], field["unsafe"], strict=True)
        )
        agreement = field["agreement"]["difference"]
        yield Perspective(found["text"], found["day"], field["field"], groups, agreement)
