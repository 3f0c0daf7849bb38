"""
Read replies of guards that answer whether a policy is violated by Yes or No, as ShieldGemma. Pure.

Source: the model card of google/shieldgemma-2b: the first token is the verdict, and the share of Yes in the
probabilities of the two tokens is its score.
"""

import math
import re

from jury.engine.forms.reading import YES_NO, Asked, Reading, bare, only_field, read_agreeing
from jury.engine.forms.reasoning import strip_reasoning
from jury.engine.logprobs import Tokens

SENTENCE = re.compile(r"[.,:;!\n]+")


def read_yesno(reply: str, asked: Asked, tokens: Tokens = ()) -> Reading:
    """
    Return the reading of a reply: its first word is the verdict on the field that was asked.

    :param asked: exactly one label field
    :param tokens: for the score, where the endpoint was asked for logprobs
    :raises Invalid: if it does not begin with Yes or No, or a later sentence is the other word alone
    """
    field = only_field(asked)
    first, *others = SENTENCE.split(strip_reasoning(reply))
    verdicts = [first, *(other for other in others if bare(other) in YES_NO)]
    return Reading({field: read_agreeing(verdicts, field, YES_NO)}, score=share_of_yes(tokens))


def share_of_yes(tokens: Tokens) -> float | None:
    """Return the share of Yes in the probabilities of Yes and No, in any spelling; None unless both are candidates."""
    shares = {"yes": 0.0, "no": 0.0}
    for token, logprob in tokens:
        if (word := bare(token.lstrip("▁Ġ"))) in shares:
            shares[word] += math.exp(min(logprob, 0.0))
    return shares["yes"] / sum(shares.values()) if all(shares.values()) else None
