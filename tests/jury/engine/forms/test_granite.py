"""Replies of Granite Guardian."""

from jury.prompting import Form
from tests.cases import cases
from tests.jury.engine.forms.tables import BOTH, PROMPT, RESPONSE, WHATEVER, check


@cases(
    ("asked", "reply", "expected"),
    [
        (PROMPT, "<score>yes</score>", ("unsafe", None)),
        (RESPONSE, "<score>no</score>", (None, "safe")),
        (WHATEVER, "\n< think></think>\n <SCORE> No </SCORE> \n".replace("< think", "<think"), ("safe", None)),
        (PROMPT, "<think>\nIt may be <score>no</score>.\n</think>\n<score>yes</score>", ("unsafe", None)),
        (PROMPT, "It asks for harm.\n</think>\n<score>\nyes\n</score>", ("unsafe", None)),
        (PROMPT, "The score is <score>yes</score>, as the criterion is met.", ("unsafe", None)),
        (PROMPT, "<score>yes</score>\n<score>Yes</score>", ("unsafe", None)),
        (PROMPT, "<score>yes</score>\n<score>no</score>", "two verdicts differ"),
        (PROMPT, "Yes", ("unsafe", None)),
        (PROMPT, "No\n<confidence> High </confidence>", ("safe", None)),
        # superlinked/sie#237: part of a token of the template is left
        (PROMPT, "No_of_turn>", "is not a verdict"),
        (PROMPT, "<score>violence, social_bias</score>", "is not a verdict"),
        (PROMPT, "<score>controversial</score>", "is not a verdict"),
        (PROMPT, "<score>n/a</score>", "there is no verdict"),
        (PROMPT, "<score>0.97</score>", "is not a verdict"),
        (PROMPT, "<score>yes", "is not a verdict"),
        (PROMPT, "<score></score>", "there is no verdict"),
        (PROMPT, "<think>It asks", "the reasoning does not end"),
        (PROMPT, "I'm sorry, I can't help with that.", "is not a verdict"),
        (PROMPT, "", "there is no verdict"),
        (BOTH, "<score>yes</score>", "one verdict"),
    ],
)
def test_granite_is_read_or_says_nothing(asked, reply, expected):
    check(Form.GRANITE, asked, reply, expected)
