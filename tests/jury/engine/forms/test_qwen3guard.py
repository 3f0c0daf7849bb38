"""Replies of Qwen3Guard-Gen."""

from jury.prompting import Form
from tests.cases import cases
from tests.jury.engine.forms.tables import BOTH, PROMPT, RESPONSE, WHATEVER, check


@cases(
    ("asked", "reply", "expected"),
    [
        (PROMPT, "Safety: Safe\nCategories: None", ("safe", None)),
        (PROMPT, "Safety: Unsafe\nCategories: Violent", ("unsafe", None, "Violent")),
        # Wei-Shaw/sub2api#4953: two lines of one size of the model, three of another
        (RESPONSE, "Safety: Unsafe\nCategories: Violent\nRefusal: No", (None, "unsafe", "Violent", False)),
        (RESPONSE, "Safety: Safe\nCategories: None\nRefusal: Yes", (None, "safe", "", True)),
        (RESPONSE, "Safety: Safe\nCategories: None\nRefusal: N/A", (None, "safe")),
        # mozilla-ai/any-guardrail#192: one name is within another
        (PROMPT, "Safety: Unsafe\nCategories: Non-violent Illegal Acts, Suicide & Self-Harm",
         ("unsafe", None, "Non-violent Illegal Acts, Suicide & Self-Harm")),
        (PROMPT, "Safety: Controversial\nCategories: Politically Sensitive Topics",
         ("needs_caution", None, "Politically Sensitive Topics")),
        (PROMPT, "Safety: Unsafe\nCategories: Something New, None", ("unsafe", None, "Something New")),
        (WHATEVER, "\n  safety :  UNSAFE  \n CATEGORIES: pii.\n", ("unsafe", None, "pii")),
        (PROMPT, "<think>\nSafety: Safe, at first.\n</think>\nSafety: Unsafe\nCategories: Jailbreak",
         ("unsafe", None, "Jailbreak")),
        (PROMPT, "Assessment:\n**Safety:** Unsafe\n**Categories:** Violent\n\nTake care.", ("unsafe", None, "Violent")),
        (PROMPT, "Safety: Safe\nCategories: Violent", ("safe", None, "Violent")),
        (PROMPT, "Safety: Safe\nSafety: Unsafe\nCategories: Violent", "two verdicts differ"),
        (PROMPT, "Safety: Safe/Unsafe/Controversial", "is not a verdict"),
        # NVIDIA/cosmos-framework#64: no label at all
        (PROMPT, "Categories: Violent", "there is no verdict"),
        (PROMPT, "Unsafe", "there is no verdict"),
        (PROMPT, "Safety: N/A\nCategories: None", "there is no verdict"),
        (RESPONSE, "Safety: Safe\nCategories: None\nRef", "it is cut off"),
        (RESPONSE, "Safety: Safe\nCategories: None\nRefusal: Perhaps", "'Perhaps' is not a verdict"),
        (PROMPT, "Safety: Controv", "is not a verdict"),
        (PROMPT, "Sorry, I cannot judge this.", "there is no verdict"),
        (BOTH, "Safety: Safe\nCategories: None", "one verdict"),
        (PROMPT, "<think>Safety: Unsafe", "the reasoning does not end"),
    ],
)  # fmt: skip
def test_qwen3guard_is_read_or_says_nothing(asked, reply, expected):
    check(Form.QWEN3GUARD, asked, reply, expected)
