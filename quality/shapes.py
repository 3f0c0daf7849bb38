"""The shape of the REST response, as a type."""

from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict


class MetricsShape(TypedDict):
    """The figures of a project as of its last measurement, by kind of report."""

    policy: str
    as_of: datetime | None
    is_current: bool
    is_being_measured: bool
    reports: dict[str, Any]


class ScoreShape(TypedDict):
    """A share of the ballots on a field, or a probability, in lowest terms."""

    agreeing: int
    counted: int


class LevelShape(ScoreShape):
    """
    The dialogues of the sample with this score or a stricter one.

    `errors` have another label by people; `missing` have none yet, and count as errors in `bound`.
    """

    sample: int
    errors: int
    missing: int
    bound: float
    accepted: bool


class FieldPromiseShape(TypedDict):
    """
    What the jurors could decide of one label field.

    `threshold` is null if they may decide nothing alone. Of `items`, `by_people` are decided by people, `alone` would
    be by the jurors, and `for_people` would still want people.
    """

    field: str
    threshold: ScoreShape | None
    bound: float | None
    alone: int
    items: int
    by_people: int
    for_people: int
    levels: list[LevelShape]


class MeanShape(TypedDict):
    """A mean share in the sample, null before any of it is labelled, and its upper bound."""

    mean: float | None
    bound: float


class SetPromiseShape(TypedDict):
    """
    How far categories that the jurors would choose alone are from people's, on average.

    `false_discovery` is the share of the jurors' categories that people do not name, `miss` that of people's which the
    jurors do not. They choose those of `alone` dialogues; `sample` ones stand for these, `missing` of which lack votes
    and count as wholly wrong in the bounds.
    """

    alone: int
    sample: int
    missing: int
    false_discovery: MeanShape
    miss: MeanShape


class PromiseShape(TypedDict):
    """
    What could be promised at one error and risk; votes are those of people that are still wanted.

    `score_by` is `probability` where thresholds are of that; it is left out where they are shares of the ballots.
    """

    error: float
    risk: float
    items: int
    sample: int
    undrawn: int
    votes_wanted: int
    votes_saved: int
    sample_needed: int
    fields: list[FieldPromiseShape]
    sets: SetPromiseShape | None
    score_by: NotRequired[str]


class WatchedShape(TypedDict):
    """
    The promise that is watched.

    `thresholds` has a score for each field. `fields` says how it stands on each, as of the last measurement: of `n`
    dialogues of the sample that people have finished since, `errors` have another label by people; the share is between
    `lower` and `upper`; `standing` is untried, kept, watch or broken. `broken_at` stays once labels were worse. One
    that `follows` is that of the certificate of the project; with other thresholds it goes on from the same counts.
    `score_by` is as in the promise.
    """

    made_at: datetime
    follows: bool
    error: float
    risk: float
    thresholds: dict[str, ScoreShape]
    fields: list[dict[str, Any]]
    broken_at: datetime | None
    score_by: NotRequired[str]


class CertifiedShape(TypedDict):
    """What the jurors could decide alone, as of the last measurement; `promise` is null before the first."""

    as_of: datetime | None
    is_current: bool
    promise: PromiseShape | None
    watched: WatchedShape | None


class PerspectiveGroupShape(TypedDict):
    """A group of people; `choice` is null for everybody else. `people` is rounded down to a multiple of the least."""

    choice: str | None
    name: str
    people: int


class GroupComparisonShape(TypedDict):
    """
    How a difference compares with what groups picked at random have: `more`, `less`, or `none` where nothing is told.

    Of such groups, a tenth are below `low` and a tenth above `high`, in whole points of percent.
    """

    difference: Literal["more", "less", "none"]
    low: int
    high: int


class PerspectiveFieldShape(TypedDict):
    """
    How groups compare on one label field.

    `unsafe` has each group in their order: its share of votes that say unsafe, beside that of everybody else.
    `agreement` is of the share of agreeing pairs of votes within groups, beside that of pairs across.
    """

    field: str
    unsafe: list[GroupComparisonShape]
    agreement: GroupComparisonShape


class DivisionShape(TypedDict):
    """Everybody who voted, divided by what they say of themselves, as asked at that time."""

    question: str
    text: str
    least_people: int
    groups: list[PerspectiveGroupShape]
    fields: list[PerspectiveFieldShape]


class PublicationShape(TypedDict):
    """A publication; without a division if nothing might be shown."""

    made_at: datetime
    divisions: list[DivisionShape]


class PerspectivesShape(TypedDict):
    """What was published of groups of people, latest first; there may be another from `next_at` on, or now if null."""

    next_at: datetime | None
    publications: list[PublicationShape]
