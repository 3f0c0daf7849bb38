"""The form of a generator: a text, which declines if a refusal was asked for. Pure."""

import re

from corpus.errors import Invalid
from jury.engine.forms.reasoning import strip_reasoning
from jury.prompting import Form

DECLINES = re.compile(
    r"\b(can(no|['’])?t|can not|won['’]?t|will not|unable|not able|not going to|not comfortable|decline|refuse"
    r"|must not|may not|shouldn['’]?t|should not|sorry|instead|rather not|against)\b",
    re.IGNORECASE,
)
"A text without any of these would be called safe by construction though it may well comply."
BEGINNING = 300
"Characters in which a refusal says that it is one."
COMPLIES = re.compile(r"(sure|certainly|of course|absolutely|gladly|here (is|are)|here['’]s|step 1)\b", re.IGNORECASE)


def read_generated(form: Form, reply: str) -> str:
    """
    Return the text of a generated response: the answer in a reply, never its reasoning.

    :raises Invalid: if there is none, it is not clear where it begins, or a refusal does not decline
    """
    text = strip_reasoning(reply.replace("\0", "\N{REPLACEMENT CHARACTER}"))
    if not text:
        raise Invalid("reply", "the reply is empty")
    if form == Form.REFUSAL and (COMPLIES.match(text) or not DECLINES.search(text[:BEGINNING])):
        raise Invalid("reply", "it does not decline, so it is not safe by construction")
    return text
