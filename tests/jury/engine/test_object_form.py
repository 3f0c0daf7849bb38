"""Replies of one JSON object: what they say, or why they are unreadable."""

import json

from jury.engine.forms import read_ballot
from jury.prompting import Form, Question
from tests.cases import cases

SPELLINGS = {"violence": "violence", "threat": "threat", "other": "other", "needscaution": "needs_caution"}
BOTH = Question(("prompt_label", "response_label", "categories"))
LABELS = Question(("prompt_label", "response_label"))


def reply(**answer):
    return json.dumps(answer)


def read(text, question):
    return read_ballot(Form.OBJECT, text, question, SPELLINGS)


def test_whole_answer_is_read():
    answer = reply(prompt_label="unsafe", response_label="safe", categories=["Threat", "violence"], other_text="")
    reading = read(answer, BOTH)

    assert reading.judgement.prompt_label == "unsafe"
    assert reading.judgement.response_label == "safe"
    assert reading.judgement.categories == ("threat", "violence")


def test_one_code_fence_is_allowed():
    fenced = f"```json\n{reply(prompt_label='safe', response_label='safe')}\n```"

    assert read(fenced, LABELS).judgement.prompt_label == "safe"


@cases(
    ("text", "reason"),
    [
        ("", "the reply is empty"),
        ("safe", "not one JSON object"),
        ('"safe"', "not a JSON object"),
        ('Sure: {"prompt_label": "safe", "response_label": "safe"}', "not one JSON object"),
        ('{"prompt_label": "safe", "response_label": "safe"} {}', "not one JSON object"),
        ('{"prompt_label": "safe", "prompt_label": "unsafe", "response_label": "safe"}', "a key is there twice"),
        ('{"prompt_label": "safe"}', "response_label: there is no verdict"),
        ('{"response_label": "safe"}', "prompt_label: there is no verdict"),
        ('{"prompt_label": "Safe", "response_label": "safe"}', "is not one of"),
        ('{"prompt_label": ["safe"], "response_label": "safe"}', "is not a label"),
        ('{"prompt_label": null, "response_label": "unsafe"}', "prompt_label: there is no verdict"),
        ("[" * 100_000, "not one JSON object"),
    ],
)
def test_incomplete_answer_is_unreadable(text, reason):
    reading = read(text, LABELS)

    assert reading.judgement is None
    assert reason in reading.reason


@cases(
    ("answer", "reason"),
    [
        ({"categories": ["arson"]}, "is not a category"),
        ({"categories": [1]}, "is not a category"),
        ({"categories": "violence"}, "is not a list"),
        ({}, "is not a list"),
        ({"categories": []}, "an unsafe label needs at least one"),
        ({"categories": ["other"], "other_text": " "}, "needs a text"),
    ],
)
def test_unclear_categories_are_unreadable(answer, reason):
    reading = read(reply(prompt_label="unsafe", response_label="safe", **answer), BOTH)

    assert reading.judgement is None
    assert reason in reading.reason


def test_categories_beside_safe_are_dropped_and_counted():
    answer = reply(prompt_label="safe", response_label="safe", categories=["violence", "threat"])
    reading = read(answer, BOTH)

    assert reading.judgement.categories == ()
    assert reading.dropped_categories == 2


def test_other_fields_label_is_not_borrowed():
    reading = read(reply(response_label="unsafe"), Question(("prompt_label",)))

    assert reading.judgement is None


def test_label_not_asked_for_is_ignored():
    reading = read(reply(prompt_label="safe", response_label="unsafe"), Question(("prompt_label",)))

    assert reading.judgement.prompt_label == "safe"
    assert reading.judgement.response_label is None
