"""Choices of a question as people type them: one a line. Pure."""

import re
from collections.abc import Container, Iterable, Mapping
from itertools import chain, count

LONGEST_VALUE = 60
"Characters of a value that is made of a name."


def choices_of_lines(lines: str) -> list[dict[str, str]]:
    """Return the choices of a text with one a line: `value = name`, or a name, whose value is made of its letters."""
    rows = [line.partition("=") for line in lines.splitlines() if line.strip()]
    taken = {value.strip() for value, equals, _ in rows if equals}
    choices = []
    for first, equals, name in rows:
        value = first.strip() if equals else free_value(first, taken)
        taken.add(value)
        choices.append({"value": value, "name": (name if equals else first).strip()})
    return choices


def lines_of_choices(choices: Iterable[Mapping[str, str]]) -> str:
    """Return choices as a text with one a line, which `choices_of_lines` reads as the same choices."""
    return "\n".join(f"{choice['value']} = {choice['name']}" for choice in choices)


def free_value(name: str, taken: Container[str]) -> str:
    """Return the value made of a name: its first Latin letters and digits in small, joined by `_`; no taken one."""
    made = re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_") or "answer"
    tries = (f"{made[: LONGEST_VALUE - 4].strip('_')}_{number}" for number in count(2))
    return next(value for value in chain([made[:LONGEST_VALUE].strip("_")], tries) if value not in taken)
