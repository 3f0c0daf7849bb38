"""
Read replies of Qwen3Guard-Gen: lines about the last message of a dialogue. Pure.

Source: its README: `Safety: Safe`, `Unsafe` or `Controversial`; `Categories: Violent, PII` or `None`; and about a
response `Refusal: Yes` or `No`. Controversial is a verdict of its own: neither safe nor unsafe.
"""

from corpus.labels import Label
from jury.engine.forms.labelled import REFUSAL, read_lines, reading_of
from jury.engine.forms.reading import SAFETY, Asked, Reading, only_field
from jury.prompting import CATEGORIES

WORDS = SAFETY | {"controversial": Label.NEEDS_CAUTION}


def read_qwen3guard(reply: str, asked: Asked) -> Reading:
    """
    Return the reading of a reply: the verdict on the field that was asked, the categories, and whether it is a refusal.

    :param asked: exactly one label field
    :raises Invalid: if the verdict is missing or unknown, or two differ
    """
    field = only_field(asked)
    names = {"safety": field, "categories": CATEGORIES, "refusal": REFUSAL}
    return reading_of(read_lines(reply, names), asked or (field,), WORDS)
