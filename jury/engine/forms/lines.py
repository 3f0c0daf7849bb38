"""
Read replies of NVIDIA's Nemotron content-safety guards, which are lines. Pure.

Source: the model cards of nvidia/Nemotron-3-Content-Safety and 3.5: `User Safety: safe`, `Response Safety: unsafe`,
`Safety Categories: Violence, PII/Privacy`; the categories are asked for by a parameter of the chat template.
"""

from corpus.labels import Field
from jury.engine.forms.labelled import read_lines, reading_of
from jury.engine.forms.reading import Asked, Reading
from jury.prompting import CATEGORIES

NAMES = {
    "usersafety": Field.PROMPT,
    "responsesafety": Field.RESPONSE,
    "safetycategories": CATEGORIES,
    "violatedcategories": CATEGORIES,
}


def read_nemotron(reply: str, asked: Asked) -> Reading:
    """
    Return the reading of a reply: the verdict on each field that was asked, and the categories it names.

    :raises Invalid: if a verdict is missing or unknown, or two differ
    """
    return reading_of(read_lines(reply, NAMES), asked)
