"""Texts of generators: kept, or unreadable with a reason."""

import pytest

from corpus.errors import Invalid
from jury.engine.forms.generated import read_generated
from jury.prompting import Form


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
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
