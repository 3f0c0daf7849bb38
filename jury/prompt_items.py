"""What a question is about, as it goes into a prompt."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PromptItem:
    """The part of an item, or of another text that is judged, that goes into a prompt."""

    pk: int
    turns: list[dict[str, str]]
    "Each with `role` and `text`."
    has_response: bool
