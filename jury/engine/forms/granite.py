"""
Read replies of IBM's Granite Guardian: whether the last message meets the criterion of the question. Pure.

Sources: the model cards of ibm-granite/granite-guardian 3.3 and 4.1: `<score>yes</score>` after a block of reasoning;
of 3.0 to 3.2: `Yes`, and perhaps `<confidence>High</confidence>`. The criterion is a violation, so yes is unsafe.
"""

import re

from jury.engine.forms.reading import YES_NO, Asked, Reading, only_field, read_agreeing
from jury.engine.forms.reasoning import strip_reasoning

SCORE = re.compile(r"<score>([^<]*)</score>", re.IGNORECASE)
CONFIDENCE = re.compile(r"<confidence>[^<]*</confidence>", re.IGNORECASE)


def read_granite(reply: str, asked: Asked) -> Reading:
    """
    Return the reading of a reply: the verdict on the field that was asked.

    :param asked: exactly one label field
    :raises Invalid: if there is no score, or two differ
    """
    field = only_field(asked)
    text = strip_reasoning(reply)
    scores = SCORE.findall(text) or [CONFIDENCE.sub("", text)]
    return Reading({field: read_agreeing(scores, field, YES_NO)})
