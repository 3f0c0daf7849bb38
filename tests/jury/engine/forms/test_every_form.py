"""What holds for every form: reasoning, parts, hostile texts, and what an unknown category means."""

import json

import pytest

from corpus.errors import Invalid
from jury.engine.forms import READERS, read_ballot, read_reply, with_codes
from jury.prompting import Form, Question

UNSAFE = {
    Form.OBJECT: '{"prompt_label": "unsafe", "categories": ["X9"]}',
    Form.NEMOGUARD: '{"User Safety": "unsafe", "Safety Categories": "X9"}',
    Form.LLAMA_GUARD: "unsafe\nX9",
    Form.LINES: "User Safety: unsafe\nSafety Categories: X9",
    Form.HARM: "Prompt harm: harmful",
    Form.QWEN3GUARD: "Safety: Unsafe\nCategories: X9",
    Form.WILDGUARD: "Harmful request: yes\nRequest safety violations: X9",
    Form.GRANITE: "<score>yes</score>",
    Form.YESNO: "Yes",
    Form.POLICY: '{"violation": 1, "policy_category": "X9"}',
    Form.MODERATIONS: json.dumps({"results": [{"flagged": True, "categories": {"X9": True}}]}),
}
SPELLINGS = with_codes({"violence": "violence"}, [])
HOSTILE = {
    Form.GRANITE: "<score>" * 15_000,
    Form.LINES: "- " * 50_000,
    Form.YESNO: "yes. " * 20_000 + "no.",
    Form.POLICY: "safe: " * 15_000,
}


def test_every_form_reads_unsafe_after_reasoning_by_its_label_alone():
    assert set(UNSAFE) == set(READERS) == {form for form in Form if not form.is_generative}
    for form, reply in UNSAFE.items():
        for text in (reply, f"<think>safe? No.</think>\n{reply}", f"User Safety: safe\n</think>\n\n{reply}"):
            assert read_reply(form, text, ("prompt_label",)).labels == {"prompt_label": "unsafe"}, (form, text)


def test_unknown_category_voids_a_ballot_that_is_asked_for_categories():
    for form, reply in UNSAFE.items():
        asked = read_ballot(form, reply, Question(("prompt_label", "categories")), SPELLINGS)
        labels = read_ballot(form, reply, Question(("prompt_label",)), SPELLINGS)
        assert asked.judgement is None, form
        assert "categor" in asked.reason, form
        assert labels.judgement.prompt_label == "unsafe", form


def test_not_applicable_is_no_verdict_of_a_ballot():
    both = Question(("prompt_label", "response_label"))
    for form, reply in (
        (Form.LINES, "User Safety: safe\nResponse Safety: n/a"),
        (Form.HARM, "Prompt harm: unharmful\nResponse harm: None"),
        (Form.WILDGUARD, "Harmful request: no\nHarmful response: N/A"),
        (Form.NEMOGUARD, '{"User Safety": "safe", "Response Safety": "N/A"}'),
    ):
        assert "response_label: the model says that it does not apply" in read_ballot(form, reply, both, {}).reason


def test_caution_is_a_label_of_a_ballot_with_its_categories():
    question = Question(("response_label", "categories"))
    ballot = read_ballot(Form.QWEN3GUARD, "Safety: Controversial\nCategories: Violence", question, SPELLINGS)

    assert (ballot.judgement.response_label, ballot.judgement.categories) == ("needs_caution", ("violence",))


def test_hostile_replies_are_gone_through_once():
    for form, reply in HOSTILE.items():
        with pytest.raises(Invalid):
            read_reply(form, reply, ("prompt_label",))
