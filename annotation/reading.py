"""How long a dialogue is, and how fast a person can read it at most. Without Django."""

from collections.abc import Sequence
from dataclasses import dataclass

from corpus.shapes import TurnShape

CHARACTERS_PER_SECOND = 60.0
"""
What nobody reads faster: 600 words a minute, of six characters with the space.

That is the pace at which people scan for a word without following the text (Carver 1992, Journal of Reading 36, 84-95);
silent reading is at 238 words a minute on average (Brysbaert 2019, doi:10.1016/j.jml.2019.104047). Characters rather
than words, because not every script separates words; those that do not have fewer characters for the same text, so the
rule is mild where it errs.
"""


@dataclass(frozen=True, slots=True)
class DialogueLength:
    """How long a dialogue is, for somebody who decides whether to read it."""

    turns: int
    words: int
    "Parts between white space."


def length_of(turns: Sequence[TurnShape]) -> DialogueLength:
    """Return how many turns and words a dialogue has."""
    return DialogueLength(len(turns), sum(len(turn["text"].split()) for turn in turns))


def is_faster_than_reading(characters: int, seconds: float) -> bool:
    """Return whether nobody can have read a text of so many characters in so many seconds."""
    return seconds * CHARACTERS_PER_SECOND < characters
