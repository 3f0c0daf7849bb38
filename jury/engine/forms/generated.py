"""The form of a generator: a text, which declines if a refusal was asked for. Pure."""

import re

from corpus.errors import Invalid
from jury.prompting import Form

DECLINES = re.compile(
    r"\b(can(no|['’])?t|can not|won['’]?t|will not|unable|not able|not going to|not comfortable|decline|refuse"
    r"|must not|may not|shouldn['’]?t|should not|sorry|instead|rather not|against)\b",
    re.IGNORECASE,
)
"A text without any of these would be called safe by construction though it may well comply."


def read_generated(form: Form, text: str) -> str:
    """
    Return the text of a generated response without surrounding space.

    :raises Invalid: if there is none, or a refusal does not decline
    """
    text = text.replace("\0", "\N{REPLACEMENT CHARACTER}").strip()
    if not text:
        raise Invalid("reply", "the reply is empty")
    if form == Form.REFUSAL and not DECLINES.search(text):
        raise Invalid("reply", "it does not decline, so it is not safe by construction")
    return text
