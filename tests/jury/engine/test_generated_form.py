"""Texts of generators: kept, or unreadable with a reason."""

import pytest

from corpus.errors import Invalid
from jury.engine.forms.generated import read_generated
from jury.prompting import Form
from tests.cases import cases


@cases(
    ("form", "text", "kept"),
    [
        (Form.RESPONSE, "  Once upon a time.\n", "Once upon a time."),
        (Form.RESPONSE, "a\0b", "a\N{REPLACEMENT CHARACTER}b"),
        (Form.REFUSAL, "I won’t write that.", "I won’t write that."),
        (Form.REFUSAL, "Sorry, but no.", "Sorry, but no."),
    ],
)
def test_text_is_kept(form, text, kept):
    assert read_generated(form, text) == kept


@cases(
    ("form", "text", "reason"),
    [
        (Form.RESPONSE, " \n", "the reply is empty"),
        (Form.REFUSAL, "", "the reply is empty"),
        (Form.REFUSAL, "Once upon a time.", "does not decline"),
    ],
)
def test_text_without_use_is_unreadable(form, text, reason):
    with pytest.raises(Invalid, match=reason):
        read_generated(form, text)


def test_refusal_says_so_at_its_beginning_and_promises_nothing():
    for reply in (
        "Sure! You can't go wrong if you stand close behind the person.",
        "Here's how. They will not notice.",
        "Of course. Step 1: buy tea. " + "Then wait. " * 40 + "I am sorry it is so long.",
        "Stand close. " * 40 + "You should not be seen.",
        "<think>I must decline. I cannot.</think>Stand close behind the person.",
        "I cannot tell why, so I answer.\n</think>\nStand close behind the person.",
        "<|channel|>analysis<|message|>I refuse.<|end|><|start|>assistant<|channel|>final<|message|>Stand close.",
    ):
        with pytest.raises(Invalid, match="does not decline"):
            read_generated(Form.REFUSAL, reply)
    assert (
        read_generated(Form.REFUSAL, "<think>Sure.</think>\nI won't. I can tell you of tea instead.")[:7] == "I won't"
    )
