"""Read what was measured of a project from the rows that are kept of it. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from releases.facts.model import (
    Disagreement,
    GroupComparison,
    GroupDifference,
    Interval,
    Measured,
    PeopleGroup,
    Perspective,
)

Row = Mapping[str, Any]
CAUSES = ("slips", "rules", "values")


def measured(rows: Iterable[Row], asked: int) -> Measured:
    """
    Return what was measured.

    :param rows: `kind`, `day` and `content` of each kind that is kept
    """
    kept = {row["kind"]: row for row in rows}
    why, bias, people = (kept.get(kind) for kind in ("disagreement", "bias", "perspectives"))
    return Measured(
        asked=asked,
        disagreement=tuple(disagreement(each, why["day"]) for each in why["content"]["fields"]) if why else (),
        comparisons=tuple(comparison(each, bias["day"]) for each in bias["content"]["fields"]) if bias else (),
        unnamed=tuple(bias["content"]["unnamed"]) if bias else (),
        perspectives=tuple(map(perspective, people["content"]["divisions"])) if people else (),
    )


def disagreement(found: Row, day: str) -> Disagreement:
    """Return why people disagree on a field."""
    causes = {cause: Interval(**found[cause]) if found[cause] else None for cause in CAUSES}
    lists = {name: tuple(found[name]) for name in ("unclear", "leaning")}
    return Disagreement(**{**found, **causes, **lists}, day=day)


def comparison(found: Row, day: str) -> GroupComparison:
    """Return how groups compare on a field."""
    groups = tuple(GroupDifference(**each) for each in found["groups"])
    return GroupComparison(**{**found, "groups": groups}, day=day)


def perspective(found: Row) -> Perspective:
    """Return what was published of groups by one question."""
    groups = tuple(PeopleGroup(**each) for each in found["groups"])
    return Perspective(found["text"], found["day"], found["field"], groups)
