"""Templates show a heading, and a label or None, for every label field."""

from types import SimpleNamespace

from django.template import Context, Template
from django.template.loader import render_to_string

from corpus.labels import FIELDS, Field
from corpus.templatetags.label_fields import label_names, labels


def test_labels_are_those_of_every_field() -> None:
    both = [(Field.PROMPT, "safe"), (Field.RESPONSE, None)]
    stored = {"prompt_label": "safe", "response_label": None}
    assert list(labels(stored)) == list(labels(SimpleNamespace(**stored))) == both
    assert list(labels(SimpleNamespace(blind_prompt_label="safe", blind_response_label=None), "blind_")) == both
    assert list(labels({})) == [(field, None) for field in FIELDS]


def test_labels_have_the_names_that_people_read() -> None:
    vote = SimpleNamespace(get_prompt_label_display=lambda: "Needs caution", get_response_label_display=lambda: None)
    assert list(label_names(vote)) == ["Needs caution", None]


def test_headings_and_cells_are_in_the_order_of_fields() -> None:
    headings = render_to_string("components/label_headings.html").split()
    assert "".join(headings) == '<thscope="col">Prompt</th><thscope="col">Response</th>'
    cells = '{% load label_fields %}{% for _, label in stored|labels %}<td>{{ label|default:"–" }}</td>{% endfor %}'
    shown = Template(cells).render(Context({"stored": {"response_label": "unsafe"}}))
    assert shown == "<td>–</td><td>unsafe</td>"
