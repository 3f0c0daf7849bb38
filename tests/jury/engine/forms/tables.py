"""Tables of replies: what each says in one form, or why it says nothing."""

from corpus.errors import Invalid
from corpus.labels import Field
from jury.engine.forms import read_reply

PROMPT, RESPONSE, BOTH, WHATEVER = (Field.PROMPT,), (Field.RESPONSE,), (Field.PROMPT, Field.RESPONSE), None


def said(form, reply, asked):
    """Return the labels of prompt and response, the categories and the refusal; or why there are none."""
    try:
        reading = read_reply(form, reply, asked)
    except Invalid as error:
        return str(error)
    labels = (reading.labels.get(field) for field in Field)
    return (*labels, ", ".join(reading.categories), reading.refusal)


def check(form, asked, reply, expected):
    """Check what a reply says: labels, categories and refusal, or words of the reason why it says nothing."""
    found = said(form, reply, asked)
    if isinstance(expected, str):
        assert isinstance(found, str), found
        assert expected in found
    else:
        assert found == (*expected, *("", None)[len(expected) - 2 :]), found
