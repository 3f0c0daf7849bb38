"""Read answers that are lines of a name, a colon and a value, as `User Safety: safe`. Pure. Nothing is guessed."""

import re
from collections.abc import Mapping
from typing import Any

from corpus.errors import Invalid
from corpus.labels import Field, normalize
from jury.engine.forms.reading import SAFETY, YES_NO, Asked, Reading, bare, read_names, read_verdict, read_verdicts
from jury.engine.forms.reasoning import strip_reasoning
from jury.engine.forms.template_tokens import trim
from jury.prompting import CATEGORIES

REFUSAL = "refusal"
LIST_MARK = re.compile(r"(?:[-*•>#+]+|\d{1,2}[.)])\s+")
"What a list or a heading begins with."


def read_lines(reply: str, names: Mapping[str, str]) -> dict[str, str]:
    """
    Return the value after each name that a line begins with; other lines, such as prose, say nothing.

    Categories may be a list below their name.

    :param names: normalized names, to what they name: a label field, the refusal, or the categories
    :raises Invalid: if a name has two values that differ, or the last line is the beginning of one
    """
    said: dict[str, str] = {}
    before = None
    lines = [line for line in map(trim, strip_reasoning(reply).splitlines()) if line]
    for line in lines:
        key, value = read_line(line, names)
        if key is None and before == CATEGORIES and LIST_MARK.match(line):
            key = CATEGORIES
        if key == CATEGORIES:
            said[key] = f"{said[key]},{value}" if key in said else value
        elif key and bare(said.setdefault(key, value)) != bare(value):
            raise Invalid(key, "two verdicts differ")
        before = key
    check_is_whole(lines[-1] if lines else "", names)
    return said


def read_line(line: str, names: Mapping[str, str]) -> tuple[str | None, str]:
    """Return what a line names and its value; of another line None and its text, without a mark of a list."""
    text = LIST_MARK.sub("", line, count=1)
    name, colon, value = text.replace("：", ":").partition(":")
    key = names.get(normalize(name)) if colon else None
    return (key, value.strip()) if key else (None, text)


def check_is_whole(last: str, names: Mapping[str, str]) -> None:
    """
    Check that the last line of an answer is not the beginning of a name.

    :raises Invalid: if it is
    """
    part = normalize(last)
    if part and ":" not in last and any(name.startswith(part) and name != part for name in names):
        raise Invalid("reply", "it is cut off")


def reading_of(said: Mapping[str, Any], asked: Asked, words: Mapping[str, str] = SAFETY) -> Reading:
    """
    Return the reading of what lines say.

    :param said: from `read_lines`
    :param words: what the form calls the labels
    :raises Invalid: if a verdict is missing or unknown
    """
    labels = read_verdicts({field: said[field] for field in Field if field in said}, asked, words)
    refusal = read_verdict(said[REFUSAL], REFUSAL, YES_NO) if REFUSAL in said else None
    names, problem = read_names(said.get(CATEGORIES) or "")
    return Reading(labels, names, problem, refusal=None if refusal is None else refusal == YES_NO["yes"])
