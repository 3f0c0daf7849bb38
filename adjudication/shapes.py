"""The JSON bodies that the REST routes of cases, history and policies return."""

from datetime import datetime
from typing import Any, TypedDict

from corpus.labels import LabelColumns
from corpus.shapes import DialogueShape, QuestionShape


class HoldShape(TypedDict):
    """Who holds a case, and until when."""

    by: str
    is_yours: bool
    expires_at: datetime | None


class AnswerShape(TypedDict):
    """An adjudicator's blind answer."""

    by: str
    prompt_label: str | None
    response_label: str | None
    categories: list[str]
    other_text: str
    answers: dict[str, Any]
    note: str
    is_second: bool
    at: datetime


class OpinionShape(TypedDict):
    """A vote under a pseudonym, or a ballot under the name of its juror."""

    rater: str
    kind: str
    version: str
    cast_at: datetime
    prompt_label: str | None
    response_label: str | None
    categories: list[str]
    other_text: str
    rationale: str
    answers: dict[str, Any]
    outcome: str
    reason: str
    raw_reply: str
    ballot: int | None


class BlindLabels(LabelColumns):
    """The labels of the settling adjudicator before any opinion was shown."""

    categories: list[str]
    answers: dict[str, Any]


class SettlementShape(TypedDict):
    """The final labels of a case, the reason, and the second answer if there is one."""

    by: str | None
    at: datetime | None
    prompt_label: str | None
    response_label: str | None
    categories: list[str]
    other_text: str
    answers: dict[str, Any]
    reason: str
    blind: BlindLabels
    stale: bool
    wants_second: bool
    second: AnswerShape | None


class CaseShape(TypedDict):
    """A case as far as its reader may see it: opinions are null until they have labelled it blind."""

    id: int
    project: str
    state: str
    item: DialogueShape
    source: str
    fields: list[str]
    questions: list[QuestionShape]
    opened_at: datetime
    closed_at: datetime | None
    hold: HoldShape | None
    sent_back_at: datetime | None
    reopens: int | None
    blind: AnswerShape | None
    opinions: list[OpinionShape] | None
    seen: str | None
    settlement: SettlementShape | None


class OneCase(TypedDict):
    """The body of every route of one case."""

    case: CaseShape


class CommentShape(TypedDict):
    """A comment on an item."""

    id: int
    author: str
    "A name for leads, `You` for one's own, else `Annotator 1`, …, or `Reviewer 1`, … for those who did not vote."
    is_own: bool
    text: str | None
    "Null if it was removed."
    written_at: datetime
    removed_at: datetime | None


class EntryShape(TypedDict):
    """One thing that happened to an item, or one opinion on it."""

    at: datetime
    kind: str
    what: str
    who: str
    prompt_label: str | None
    response_label: str | None
    categories: list[str]
    answers: dict[str, Any]
    text: str
    is_current: bool
    ballot: int | None
    case: int | None
    detail: dict[str, Any]


class DialogueThen(DialogueShape):
    """A dialogue, and when it was withdrawn if it was."""

    withdrawn_at: datetime | None


class HistoryShape(TypedDict):
    """An item and everything known about it, the oldest first."""

    item: DialogueThen
    history: list[EntryShape]


class RecountShape(TypedDict):
    """Items by status, and for each field by label, or else by status."""

    items: int
    decided: int
    disputed: int
    pending: int
    settled: int
    fields: dict[str, dict[str, int]]
    seconds: float


class BeforeAfter(TypedDict):
    before: int
    after: int


# `from` is a word of Python's, so this one is made by the call.
DifferenceShape = TypedDict(
    "DifferenceShape",
    {
        "from": dict[str, Any],
        "to": dict[str, Any],
        "labels": int,
        "categories": int,
        "cases_opened": int,
        "cases_closed": int,
        "statuses": dict[str, BeforeAfter],
        "kinds": list[dict[str, Any]],
    },
)


class ComparedShape(DifferenceShape):
    """What another policy would change, and a page of the changes."""

    total: int
    next_page: int | None
    changes: list[dict[str, Any]]


class TaxonomyShape(TypedDict):
    """
    The taxonomy of a project. `counts_as` is what the categories that it no longer has count as.

    `opinions` is how many votes and cast ballots name each category; `versions` are newest first.
    """

    taxonomy: str
    title: str
    about: str
    categories: list[dict[str, Any]]
    counts_as: dict[str, list[str]]
    opinions: dict[str, int]
    versions: list[str]


class ChangedTaxonomyShape(TypedDict):
    """
    What changes of a taxonomy do; `taxonomy` is the new version, null for a preview.

    `dialogues` get other categories; `lost` are opinions that would name none. `labels` never change.
    """

    taxonomy: str | None
    dialogues: int
    labels: int
    lost: int
    opinions: dict[str, BeforeAfter]
