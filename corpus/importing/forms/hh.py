"""
Anthropic's helpful and harmless comparisons: two transcripts that begin alike, of which people preferred one.

See https://huggingface.co/datasets/Anthropic/hh-rlhf. A transcript is one text in which a blank line and `Human:` or
`Assistant:` begin a turn.
"""

import re

from corpus.errors import Invalid
from corpus.importing.forms.form import Form, RawRow
from corpus.labels import preview

SPEAKER = re.compile(r"(?:\A\s*|\n\n)(Human|Assistant):[ ]?")
ROLES = {"Human": "user", "Assistant": "assistant"}
PREFERENCES = ("chosen", "rejected")


def recognises(row: RawRow) -> bool:
    """Return whether a row has two transcripts."""
    return all(isinstance(row.get(key), str) and SPEAKER.match(row[key]) for key in PREFERENCES)


def rows(row: RawRow) -> list[RawRow]:
    """
    Return a row for each of the two dialogues, `ID/chosen` and `ID/rejected`.

    :raises Invalid: if one is no transcript
    """
    rest = {key: value for key, value in row.items() if key not in PREFERENCES}
    return [{**rest, **preferred(row, key)} for key in PREFERENCES]


def preferred(row: RawRow, key: str) -> RawRow:
    """Return the id, the turns and the preference of one of the dialogues."""
    found = {"turns": turns_of(row.get(key), key), "preference": key}
    return found if row.get("id") in (None, "") else {"id": f"{row['id']}/{key}", **found}


def turns_of(text: object, key: str) -> list[dict[str, str]]:
    """
    Return the turns of a transcript.

    :raises Invalid: if it begins otherwise than with a speaker
    """
    if not isinstance(text, str) or not SPEAKER.match(text):
        raise Invalid(key, f"{preview(text)} is no transcript that begins with Human: or Assistant:")
    found = list(SPEAKER.finditer(text))
    ends = [*(each.start() for each in found[1:]), len(text)]
    return [{"role": ROLES[each[1]], "text": text[each.end() : end]} for each, end in zip(found, ends, strict=True)]


HH = Form("anthropic-hh", "Anthropic HH (chosen and rejected)", recognises, rows, frozenset(PREFERENCES))
