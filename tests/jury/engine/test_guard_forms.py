"""Replies in the forms of guard models: what they say, or why they are unreadable."""

import json

from jury.engine.forms import read_ballot, with_codes
from jury.engine.forms.ballots import UNSAID
from jury.prompting import Form, Question
from tests.cases import cases

CATEGORIES = [
    {"slug": "violence", "name": "Violence", "code": "S1"},
    {"slug": "hate", "name": "Hate/Identity Hate", "code": "S8"},
    {"slug": "other", "name": "Other", "code": "S14"},
]
SHARED = [{"code": "S1", "slug": "violence"}, {"code": "S13", "slug": "hate"}, {"code": "S13", "slug": "other"}]
SPELLINGS = with_codes({"violence": "violence", "hateidentityhate": "hate", "other": "other"}, CATEGORIES)
BOTH = Question(("prompt_label", "response_label", "categories"))
PROMPT = Question(("prompt_label", "categories"))
RESPONSE = Question(("response_label", "categories"))


def nemoguard(question=BOTH, **answer):
    return read_ballot(
        Form.NEMOGUARD, json.dumps({key.replace("_", " "): value for key, value in answer.items()}), question, SPELLINGS
    )


def llama(reply, question=PROMPT):
    return read_ballot(Form.LLAMA_GUARD, reply, question, SPELLINGS)


@cases("categories", ["Violence, S8", "S1,S8", "violence , Hate/Identity Hate ", ["Violence", "S8"]])
def test_nemoguard_names_or_codes_are_read(categories):
    judgement = nemoguard(User_Safety="unsafe", Response_Safety="Safe ", Safety_Categories=categories).judgement

    assert (judgement.prompt_label, judgement.response_label, judgement.categories) == (
        "unsafe",
        "safe",
        ("violence", "hate"),
    )


def test_nemoguard_keys_may_have_spaces_and_the_other_name():
    reply = '{"User Safety ": "unsafe", " Response Safety": "safe", "Violated Categories ": "Violence"}'

    assert read_ballot(Form.NEMOGUARD, reply, BOTH, SPELLINGS).judgement.categories == ("violence",)


@cases(
    ("reply", "reason"),
    [
        ('{"User Safety": "unsafe", "Safety Categories": "Violence"}', "response_label: there is no verdict"),
        ('{"Response Safety": "unsafe", "Safety Categories": "S1"}', "prompt_label: there is no verdict"),
        ('{"User Safety": "safe", "User Safety ": "unsafe", "Response Safety": "safe"}', "User Safety is there twice"),
        ('{"User Safety": "safe", "User Safety": "safe", "Response Safety": "safe"}', "a key is there twice"),
        (
            '{"User Safety": "unsafe", "Response Safety": "safe", "Safety Categories": "", "Violated Categories": ""}',
            "Safety Categories is there twice",
        ),
        ('{"User Safety": "harmful", "Response Safety": "safe"}', "'harmful' is not a verdict"),
        ('{"User Safety": "unsafe", "Response Safety": "safe"}', "an unsafe label needs at least one"),
        ('{"User Safety": "unsafe", "Response Safety": "safe", "Safety Categories": "S99"}', "'S99' is not a category"),
        ('{"User Safety": "unsafe", "Response Safety": "safe", "Safety Categories": 1}', "1 is not a list of names"),
        ('<think>{"User Safety": "safe", "Response Safety": "safe"}', "the reasoning does not end"),
        ("safe", "not one JSON object"),
    ],
)
def test_missing_repeated_or_unknown_parts_are_unreadable(reply, reason):
    reading = read_ballot(Form.NEMOGUARD, reply, BOTH, SPELLINGS)

    assert reading.judgement is None
    assert reason in reading.reason


def test_reasoning_is_stripped_and_safe_drops_categories():
    answer = {"User Safety": "safe", "Response Safety": "safe", "Safety Categories": "S1"}
    reading = read_ballot(Form.NEMOGUARD, f'<think>Is it "unsafe"? No.</think>\n{json.dumps(answer)}', BOTH, SPELLINGS)

    assert reading.judgement.prompt_label == "safe"
    assert (reading.judgement.categories, reading.dropped_categories) == ((), 1)


def test_other_category_says_that_the_form_has_no_text():
    judgement = nemoguard(User_Safety="unsafe", Response_Safety="safe", Safety_Categories="Other").judgement

    assert (judgement.categories, judgement.other_text) == (("other",), UNSAID)


@cases(
    ("reply", "label", "categories"),
    [("safe", "safe", ()), ("\n\nsafe\n", "safe", ()), ("unsafe\nS1,S8", "unsafe", ("violence", "hate"))],
)
def test_llama_guard_verdict_is_of_the_asked_field(reply, label, categories):
    assert llama(reply).judgement.prompt_label == label
    assert llama(reply, RESPONSE).judgement.response_label == label
    assert llama(reply, RESPONSE).judgement.prompt_label is None
    assert llama(reply).judgement.categories == categories


@cases("reply", ["", "unsafe", "unsafe\nS1\nS8", "safe\nS1", "I think safe", "unsafe\nS99", "S1"])
def test_other_llama_guard_replies_are_unreadable(reply):
    assert llama(reply).judgement is None


def test_code_that_is_not_one_categorys_alone_names_none():
    assert with_codes({"violence": "violence"}, SHARED) == {"violence": "violence", "s1": "violence"}
    taken = [{"code": "Violence", "slug": "hate"}]
    assert with_codes({"violence": "violence"}, taken) == {"violence": "violence"}
