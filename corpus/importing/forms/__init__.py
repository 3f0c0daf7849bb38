"""
The forms in which rows of dialogues come, one file each; here is the list.

A form says how it recognises a row, and how a row becomes rows of our own form. All of that is done a row at a time.
"""

from collections.abc import Iterable

from corpus.errors import Refused
from corpus.importing.forms.form import Form, RawRow
from corpus.importing.forms.hh import HH
from corpus.importing.forms.logs import LMSYS, WILDCHAT
from corpus.importing.forms.own import ASSIZE, NEEDED_KEY, OPENAI, SHAREGPT

FORMS = {form.name: form for form in (ASSIZE, OPENAI, SHAREGPT, HH, WILDCHAT, LMSYS)}
"All forms, by name."

__all__ = ["ASSIZE", "FORMS", "NEEDED_KEY", "Form", "RawRow", "candidates", "find_form", "recognise"]


def find_form(name: str) -> Form:
    """
    Return the form of a name.

    :raises Refused: if there is none
    """
    if name not in FORMS:
        raise Refused(f"{name!r} is no form. There are {', '.join(FORMS)}.")
    return FORMS[name]


def candidates(rows: Iterable[object]) -> list[Form]:
    """Return the forms of which any of the rows may be, in the order of the list."""
    objects = [row for row in rows if isinstance(row, dict)]
    return [form for form in FORMS.values() if any(form.recognises(row) for row in objects)]


def recognise(rows: Iterable[object], name: str) -> Form:
    """
    Return the form of a file by its first rows. Rows of no form are read as our own, and refused one by one.

    :param name: the file as its owner calls it
    :raises Refused: naming the forms, if the rows may be of several
    """
    found = candidates(rows)
    if all(form.is_own for form in found):
        return found[0] if len(found) == 1 else ASSIZE
    if len(found) > 1:
        either = " or ".join(form.name for form in found)
        raise Refused(f"{name} may be of the form {either}. Name it with --form.")
    return found[0]
