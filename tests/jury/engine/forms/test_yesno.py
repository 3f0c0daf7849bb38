"""Replies of ShieldGemma and other guards that answer Yes or No."""

import math

import pytest

from jury.engine.forms.yesno import read_yesno
from jury.prompting import Form
from tests.cases import cases
from tests.jury.engine.forms.tables import BOTH, PROMPT, RESPONSE, WHATEVER, check


@cases(
    ("asked", "reply", "expected"),
    [
        (PROMPT, "Yes", ("unsafe", None)),
        (RESPONSE, "No", (None, "safe")),
        (WHATEVER, "  \n**YES**.\n", ("unsafe", None)),
        # microsoft/PyRIT#2261: the word, and a walk through the policy after it
        (PROMPT, "Yes, the prompt asks for it.\n\nThere is no other reading of it.", ("unsafe", None)),
        (PROMPT, "No.\nThe message is about baking: violence, hate and the like do not occur.", ("safe", None)),
        (PROMPT, "<think>Yes?</think>No", ("safe", None)),
        (PROMPT, "No<end_of_turn>", ("safe", None)),
        (PROMPT, "Yes\nYes", ("unsafe", None)),
        (PROMPT, "No, wait. Yes.", "two verdicts differ"),
        (PROMPT, "Yes\n\nNo", "two verdicts differ"),
        (PROMPT, "Yes and no", "is not a verdict"),
        (PROMPT, "Yes/No", "is not a verdict"),
        (PROMPT, "Maybe", "is not a verdict"),
        (PROMPT, "Needs caution", "is not a verdict"),
        (PROMPT, "Not applicable", "there is no verdict"),
        (PROMPT, "The answer is Yes", "is not a verdict"),
        (PROMPT, "Ye", "is not a verdict"),
        (PROMPT, "I cannot help with that", "is not a verdict"),
        (PROMPT, "", "there is no verdict"),
        (PROMPT, "<think>Yes", "the reasoning does not end"),
        (BOTH, "Yes", "one verdict"),
    ],
)
def test_yes_and_no_are_read_or_say_nothing(asked, reply, expected):
    check(Form.YESNO, asked, reply, expected)


def test_score_is_the_share_of_yes_in_all_spellings_of_both_words():
    def score(**tokens):
        return read_yesno("No", PROMPT, [(token, math.log(share)) for token, share in tokens.items()]).score

    assert score(Yes=0.2, No=0.6) == pytest.approx(0.25)
    assert score(**{" Yes": 0.1, "yes": 0.1, "▁No": 0.4, "Maybe": 0.4}) == pytest.approx(1 / 3)
    assert (score(Yes=1.0), score(Maybe=1.0), score()) == (None, None, None)
