"""The rules for questions about the people who label. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from corpus.errors import Invalid
from corpus.labels import preview
from corpus.question_rules import check_choices_of_type, is_line
from corpus.questions import Type, is_storable

KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
LONGEST_TEXT = 300
LONGEST_PURPOSE = 2_000
MOST_CHOICES = 12
MOST_QUESTIONS = 10
"Each further one makes it easier to single out a person."


def check_key(key: str) -> None:
    """
    Check the key of a question.

    :raises Invalid: if it cannot be a key
    """
    if not KEY.fullmatch(key):
        raise Invalid("key", f"{preview(key)} is not a small letter followed by at most 59 small letters, digits or _")


def checked_text(text: str) -> str:
    """
    Return the text of a question in one line.

    :raises Invalid: if it is empty or too long
    """
    line = " ".join(text.split())
    if not is_line(line, LONGEST_TEXT):
        raise Invalid("text", f"write the question in one line of at most {LONGEST_TEXT} characters")
    return line


def checked_purpose(purpose: str) -> str:
    """
    Return the purpose of a question.

    :raises Invalid: if it is empty, too long or cannot be stored
    """
    stripped = purpose.strip()
    if not 0 < len(stripped) <= LONGEST_PURPOSE or not is_storable(stripped):
        raise Invalid("purpose", f"say what the answers are for, in at most {LONGEST_PURPOSE:,} characters")
    return stripped


def checked_choices(choices: object) -> list[dict[str, str]]:
    """
    Return the choices of a question as they are stored.

    :raises Invalid: if there are too few or too many, or one of them is not valid
    """
    checked = check_choices_of_type(Type.ONE_OF, choices)
    if len(checked) > MOST_CHOICES:
        raise Invalid("choices", f"give 2 to {MOST_CHOICES} answers to choose from")
    return checked


def check_least_people(number: int, *, least: int, most: int) -> None:
    """
    Check the number of people below which nothing is shown.

    :raises Invalid: if it is none, or out of bounds
    """
    if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= most:
        raise Invalid("least_people", f"choose a whole number from {least} to {most:,}")


def check_answer(key: str, choice: object, choices: Sequence[Mapping[str, Any]]) -> None:
    """
    Check an answer.

    :raises Invalid: if it is none of the choices
    """
    values = [each["value"] for each in choices]
    if choice not in values:
        raise Invalid(key, f"{preview(choice)} is not one of {', '.join(values)}")
