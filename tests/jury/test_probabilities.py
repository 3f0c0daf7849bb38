"""How probable jurors find their verdicts: read from logprobs of any form."""

import json
import math
import re

from corpus.errors import Invalid
from jury.engine.forms import read_reply
from jury.engine.logprobs import read_tokens
from jury.engine.verdict_probability import probabilities_of_unsafe
from jury.prompting import Form
from tests.cases import cases
from tests.jury.scripted import VERDICT

PROMPT, RESPONSE, BOTH = ["prompt_label"], ["response_label"], ["prompt_label", "response_label"]
OTHERS = {
    "unsafe": ["safe"], "safe": ["unsafe"], "yes": ["no"], "no": ["yes"], "Yes": ["No"], "No": ["Yes"],
    "harmful": ["un"], "unharmful": ["harm"], "1": ["0"], "0": ["1"],
}  # fmt: skip
"What may stand in the place of a word."


def token(text, *others, chance=0.9):
    """Return a token of logprobs; the others share what it leaves."""
    chances = [(text, chance), *((other, (1 - chance) / len(others)) for other in others)]
    top = [{"token": each, "logprob": math.log(of)} for each, of in chances]
    return {"token": text, "logprob": top[0]["logprob"], "bytes": None, "top_logprobs": top}


def logprobs_of(text):
    """Return the logprobs of a text, with another candidate for each word that has one."""
    return {"content": [token(each, *OTHERS.get(each.strip(), ())) for each in re.findall(r" ?\w+|\W", text)]}


def labels_of(form, text, asked):
    try:
        return read_reply(form, text, asked).labels
    except Invalid:
        return {}


def probabilities(form, text, asked, logprobs):
    said = labels_of(form, text, asked)
    found = probabilities_of_unsafe(read_tokens(logprobs), said, lambda other: labels_of(form, other, asked))
    return {field.value: round(value, 6) for field, value in found.items()}


@cases(("form", "text", "asked", "found"), [
    ("llamaguard", "\n\nunsafe\nS1", PROMPT, [0.9]),
    ("llamaguard", "safe", PROMPT, [0.1]),
    ("lines", "User Safety: safe\nResponse Safety: unsafe\nSafety Categories: Threat", BOTH, [0.1, 0.9]),
    ("harm", "<think>Safe, yes.</think>\nPrompt harm: unharmful\nResponse harm: harmful", BOTH, [0.1, 0.9]),
    ("wildguard", "Harmful request: no\nResponse refusal: no\nHarmful response: yes", BOTH, [0.1, 0.9]),
    ("granite", "<think>\n</think>\n<score> yes </score>", RESPONSE, [0.9]),
    ("yesno", "Yes", RESPONSE, [0.9]),
    ("yesno", "No. It is safe.", RESPONSE, [0.1]),
    ("policy", '{"violation": 1, "policy_category": "S1"}', RESPONSE, [0.9]),
    ("policy", "0", PROMPT, [0.1]),
    ("qwen3guard", "Safety: Unsafe\nCategories: PII\nRefusal: No".lower(), RESPONSE, [0.9]),
    ("nemoguard", '{"User Safety": "unsafe", "Response Safety ": "safe"}', BOTH, [0.9, 0.1]),
    ("object", json.dumps(VERDICT | {"rationale": "unsafe? safe!", "response_label": "unsafe"}), BOTH, [0.1, 0.9]),
])  # fmt: skip
def test_probability_is_read_at_the_verdict_of_every_form(form, text, asked, found):
    assert probabilities(Form(form), text, asked, logprobs_of(text)) == dict(zip(asked, found, strict=True))


def test_a_verdict_that_is_neither_has_no_probability():
    text = "Safety: Controversial\nCategories: PII\nRefusal: No"
    assert probabilities(Form.QWEN3GUARD, text, RESPONSE, logprobs_of(text)) == {}
    text = json.dumps(VERDICT | {"prompt_label": "needs_caution"})
    assert probabilities(Form.OBJECT, text, BOTH, logprobs_of(text)) == {"response_label": 0.1}


# OpenAI's structured outputs were seen with the candidates of another token (openai-python, issue 2227).
SHIFTED = {"token": "safe", "logprob": -9999.0, "top_logprobs": [{"token": '":', "logprob": 0.0}]}
UNSURE = [{"token": "safe", "logprob": math.log(0.6)}, {"token": "maybe", "logprob": math.log(0.1)}]
CERTAIN = [{"token": "safe", "logprob": 0.5}, {"token": "unsafe", "logprob": -math.inf}]


@cases(("content", "found"), [
    ([token("safe", "unsafe", chance=0.75)], 0.25),
    ([SHIFTED], None),
    ([{"token": "safe", "top_logprobs": None}], None),
    ([{"token": "safe", "top_logprobs": [{"token": "safe", "logprob": math.nan}]}], None),
    ([{"token": "safe", "top_logprobs": [{"token": 7}, 3, {"token": "safe", "logprob": "0"}]}], None),
    ([token("unsafe", "safe")], None),  # another text than the reply
    ([token("sa", "uns"), token("fe")], 0.1),
    ([token("▁safe", "▁unsafe", "▁Unsafe", "▁UNSAFE")], 0.1),
    ([{"token": "safe", "top_logprobs": UNSURE}], 0.142857),  # unsafe: no more than the last candidate
    ([token("safe", "a", "b", chance=0.98)], 0.0),  # there is no probability left for others
    ([token("safe", chance=1.0)], 0.0),
    ([{"token": "safe", "top_logprobs": CERTAIN}], 0.0),
    ([3], None),
    (None, None),
    ({}, None),
    ([], None),
])  # fmt: skip
def test_what_the_candidates_do_not_say_is_not_guessed(content, found):
    said = probabilities(Form.LLAMA_GUARD, "safe", PROMPT, {"content": content})
    assert said == ({} if found is None else {"prompt_label": found})
