"""
The forms in which rows of dialogues come, one file each; here is the list.

A form says how it recognises a row, and how a row becomes rows of our own form. All of that is done a row at a time.
"""

from collections.abc import Iterable

from corpus.errors import Refused
from corpus.importing.forms.aegis1 import AEGIS1
from corpus.importing.forms.annotated import ONLY_OF_OPINIONS, OPINION_TARGETS, AnnotatedForm
from corpus.importing.forms.argilla import ARGILLA
from corpus.importing.forms.doccano import DOCCANO
from corpus.importing.forms.form import Form, RawRow, odd_shapes_refused
from corpus.importing.forms.hh import HH
from corpus.importing.forms.label_studio import LABEL_STUDIO, LABEL_STUDIO_MIN
from corpus.importing.forms.logs import LMSYS, WILDCHAT
from corpus.importing.forms.own import ASSIZE, NEEDED_KEY, OPENAI, SHAREGPT
from corpus.importing.forms.traces import LANGFUSE, PHOENIX

OF_DIALOGUES: tuple[Form, ...] = (ASSIZE, OPENAI, SHAREGPT, HH, WILDCHAT, LMSYS)
OF_TOOLS: tuple[Form, ...] = (LABEL_STUDIO, LABEL_STUDIO_MIN, DOCCANO, ARGILLA, AEGIS1)
OF_TRACES: tuple[Form, ...] = (LANGFUSE, PHOENIX)
FORMS = {form.name: form for form in (*OF_DIALOGUES, *OF_TOOLS, *OF_TRACES)}
"All forms, by name."

__all__ = [
    "ASSIZE",
    "FORMS",
    "NEEDED_KEY",
    "ONLY_OF_OPINIONS",
    "OPINION_TARGETS",
    "AnnotatedForm",
    "Form",
    "RawRow",
    "candidates",
    "find_form",
    "odd_shapes_refused",
    "recognise",
]


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
    tools = [form for form in found if isinstance(form, AnnotatedForm)]
    if len(tools) == 1 and all(form.is_own for form in found if form not in tools):
        return tools[0]  # whose fields may have our own names
    if len(found) > 1:
        either = " or ".join(form.name for form in found)
        raise Refused(f"{name} may be of the form {either}. Choose one of them as its form (--form).")
    return found[0]
