"""What a question is about, as it goes into a prompt."""

from dataclasses import dataclass

from corpus.shapes import TurnShape


@dataclass(frozen=True, slots=True)
class PromptItem:
    """The part of an item, or of another text that is judged, that goes into a prompt."""

    pk: int
    turns: list[TurnShape]
    "Each with `role` and `text`."
    has_response: bool
