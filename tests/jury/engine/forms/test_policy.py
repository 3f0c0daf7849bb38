"""Replies of gpt-oss-safeguard and other models that judge by a policy."""

from jury.prompting import Form
from tests.cases import cases
from tests.jury.engine.forms.tables import BOTH, PROMPT, RESPONSE, WHATEVER, check

HARMONY = "<|channel|>analysis<|message|>It violates it.<|end|><|start|>assistant<|channel|>final<|message|>"


@cases(
    ("asked", "reply", "expected"),
    [
        (PROMPT, "1", ("unsafe", None)),
        (RESPONSE, "0", (None, "safe")),
        (WHATEVER, " **VIOLATES (1)**\n", ("unsafe", None)),
        (PROMPT, "The user asks how it is done.\nIt may be safe.\n\nVIOLATION", ("unsafe", None)),
        (PROMPT, "Verdict: Safe.\nReason: it is about bread.", ("safe", None)),
        (PROMPT, "- Final verdict: needs_caution", ("needs_caution", None)),
        (PROMPT, f"{HARMONY}safe<|return|>", ("safe", None)),
        (PROMPT, '{"violation": 1, "policy_category": "H2.f"}', ("unsafe", None, "H2.f")),
        (PROMPT, f'{HARMONY}{{"violation": true, "categories": ["H2", "its own"]}}', ("unsafe", None, "H2, its own")),
        (PROMPT, '```json\n{"violation": 0, "policy_category": null, "rationale": "It violates nothing."}\n```',
         ("safe", None)),
        (PROMPT, 'It asks for a weapon.\n\n{"violation": 1, "policy_category": "H2, H3"}',
         ("unsafe", None, "H2, H3")),
        (PROMPT, '{"violation": 1}\n{"violation": 0}', "two verdicts differ"),
        (PROMPT, '{"verdict": "unsafe", "category": 7}', ("unsafe", None)),
        (PROMPT, '{"verdict": "unsafe", "violation": 0}', "two verdicts differ"),
        (PROMPT, "safe\nunsafe", "two verdicts differ"),
        (PROMPT, "Verdict: safe\nVerdict: unsafe", "two verdicts differ"),
        (PROMPT, f"{HARMONY}safe<|end|><|start|>assistant<|channel|>final<|message|>unsafe", "several final channels"),
        # NVIDIA-NeMo/Guardrails#2044: verdicts in prose are none
        (PROMPT, "The response is not safe.", "there is no verdict"),
        (PROMPT, "Verdict: not safe", "is not a verdict"),
        (PROMPT, '{"verdict": "n/a"}', "there is no verdict"),
        (PROMPT, '{"violation": "perhaps"}', "is not a verdict"),
        (PROMPT, '{"violation": 1, "policy_cat', "is not a verdict"),
        (PROMPT, "<|channel|>analysis<|message|>It is unsafe", "the reasoning does not end"),
        (PROMPT, "I'm sorry, but I can't help with that.", "there is no verdict"),
        (PROMPT, "", "there is no verdict"),
        (BOTH, "1", "one verdict"),
    ],
)  # fmt: skip
def test_policy_is_read_or_says_nothing(asked, reply, expected):
    check(Form.POLICY, asked, reply, expected)
