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
    taxonomy: TaxonomyName
    archived_at: datetime | None
    "Since when nothing in it changes; null while it is in use."


class CategoryShape(TypedDict):
    """A category of a taxonomy."""

    slug: str
    name: str
    tier: str
    definition: str


class ProjectInFull(ProjectShape):
    """A project with the caller's role and the categories of its taxonomy."""

    role: str
    categories: list[CategoryShape]


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
