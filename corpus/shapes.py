"""Response types of the REST routes of projects. The code is type-checked against them, and the schema uses them."""

from datetime import datetime
from typing import Any, NotRequired, TypedDict


class ErrorBody(TypedDict):
    """An error."""

    code: str
    "For programs. Stable."
    message: str
    "For people."
    fields: NotRequired[dict[str, Any]]
    "What is wrong, by field."


class ErrorShape(TypedDict):
    """The form of every error response."""

    error: ErrorBody


class TaxonomyName(TypedDict):
    """A version of a taxonomy."""

    name: str
    version: int


class ProjectShape(TypedDict):
    """A project, without its items."""

    slug: str
    name: str
    fields: list[str]
    votes_wanted: int
    policy: str
    quorum: int | None
    "Null for the policy's own; `caution` likewise."
    caution: str | None
    error: float | None
    "Under `certified`, the share of labels by jurors alone that may be wrong; null for 0.05. `risk`: null for 0.10."
    risk: float | None
    score_by: NotRequired[str]
    "`probability` where that is the score of a label by jurors under `certified`; left out for the share of ballots."
    split_by: str
    "What its releases keep in one split: `prompt`, equal ones, or `cluster`, near-duplicates."
    taxonomy: TaxonomyName
    archived_at: datetime | None
    "Since when nothing in it changes; null while it is in use."


class CategoryShape(TypedDict):
    """A category of a taxonomy."""

    slug: str
    name: str
    tier: str
    definition: str


class ChoiceShape(TypedDict):
    """One of the answers to choose from: its value in JSON, and its name for people."""

    value: str
    name: str


class QuestionShape(TypedDict):
    """A question that a project asks besides the labels; `opens_cases` says whether a disputed answer opens a case."""

    key: str
    text: str
    guidance: str
    type: str
    choices: list[ChoiceShape]
    asked_of: str
    about: str
    is_required: bool
    opens_cases: bool
    retired_at: datetime | None


class ProjectInFull(ProjectShape):
    """A project with the caller's role, the categories of its taxonomy, and its questions, retired ones too."""

    role: str
    categories: list[CategoryShape]
    questions: list[QuestionShape]


class TurnShape(TypedDict):
    """One turn of a dialogue."""

    role: str
    "system, user, assistant or tool."
    text: str
    "What people and models read, calls of tools included."
    message: NotRequired[dict[str, Any]]
    "What the turn was in its source, if it was more than text: content, name, tool_calls, tool_call_id."


class DialogueShape(TypedDict):
    """An item as annotators see it."""

    id: str
    turns: list[TurnShape]
    has_response: bool


class NamedGroupShape(TypedDict):
    """An identity group, and what it has in common with others, such as religion."""

    group: str
    attribute: str


class GroupSearchShape(TypedDict):
    """How many dialogues name a group by a version of the list; of `withheld` ones the prompt is not known."""

    version: int
    items: int
    named: int
    withheld: int
    at: datetime


class GroupTermsShape(TypedDict):
    """
    A version of the list of terms for identity groups, as CSV in `content`.

    Version 0 comes with the software, and nobody made it. `found` is null before the first measurement.
    """

    version: int
    sha256: str
    note: str
    made_by: str | None
    made_at: datetime | None
    groups: list[NamedGroupShape]
    content: str
    found: GroupSearchShape | None
