"""What the REST routes of projects give out, as types: the code is checked by them, and the schema made of them."""

from typing import Any, NotRequired, TypedDict


class ErrorBody(TypedDict):
    code: str
    "What a program may go by."
    message: str
    "For people."
    fields: NotRequired[dict[str, Any]]
    "What is wrong with which field."


class ErrorShape(TypedDict):
    """The one form of every error."""

    error: ErrorBody


class TaxonomyName(TypedDict):
    name: str
    version: int


class ProjectShape(TypedDict):
    """A project, without its content."""

    slug: str
    name: str
    fields: list[str]
    votes_wanted: int
    policy: str
    taxonomy: TaxonomyName


class CategoryShape(TypedDict):
    slug: str
    name: str
    tier: str
    definition: str


class ProjectInFull(ProjectShape):
    """A project, with what the caller is there and the categories of its taxonomy."""

    role: str
    categories: list[CategoryShape]


class TurnShape(TypedDict):
    role: str
    text: str


class DialogueShape(TypedDict):
    """An item as it is judged."""

    id: str
    turns: list[TurnShape]
    has_response: bool
