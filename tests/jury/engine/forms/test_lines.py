"""Replies of Nemotron content-safety guards."""

from jury.prompting import Form
from tests.cases import cases
from tests.jury.engine.forms.tables import BOTH, PROMPT, RESPONSE, WHATEVER, check


@cases(
    ("asked", "reply", "expected"),
    [
        (BOTH, "User Safety: safe\nResponse Safety: safe", ("safe", "safe")),
        (BOTH, "  user safety :UNSAFE \r\n\r\n**Response Safety**: Safe.\n", ("unsafe", "safe")),
        (BOTH, "- User Safety: unsafe\n2. Response Safety： safe", ("unsafe", "safe")),
        (PROMPT, "<think>\nUser Safety: safe?\nNo.\n</think>\n\nUser Safety: unsafe", ("unsafe", None)),
        (PROMPT, "It asks for harm.</think>User Safety: unsafe", ("unsafe", None)),
        # NVIDIA-NeMo/Guardrails#2370
        (PROMPT, "User Safety: unsafe\nSafety Categories: Violence, Criminal Planning/Confessions",
         ("unsafe", None, "Violence, Criminal Planning/Confessions")),
        (PROMPT, "User Safety: unsafe\nSafety Categories: Needs Caution, Own Thing, Violence, Violence",
         ("unsafe", None, "Needs Caution, Own Thing, Violence")),
        (PROMPT, "User Safety: unsafe\nSafety Categories:\n\n- Violence\n- Threat\nTake care.\n- Tea",
         ("unsafe", None, "Violence, Threat")),
        (WHATEVER, "User Safety: unsafe", ("unsafe", None)),
        (BOTH, "User Safety: unsafe\nResponse Safety: N/A", ("unsafe", None)),
        (RESPONSE, "User Safety: unsafe\nResponse Safety: N/A", "response_label: there is no verdict"),
        (BOTH, "User Safety: unsafe", "response_label: there is no verdict"),
        (PROMPT, "User Safety: safe\nUser Safety: Safe", ("safe", None)),
        (PROMPT, "User Safety: safe\nUser Safety: unsafe", "two verdicts differ"),
        # NVIDIA-NeMo/Guardrails#2370, a comment
        (PROMPT, "User Safety: safe; User Safety: unsafe", "is not a verdict"),
        # NVIDIA-NeMo/Guardrails#2044
        (PROMPT, "User Safety: not safe", "is not a verdict"),
        (PROMPT, "User Safety: !safe", "is not a verdict"),
        (PROMPT, "User Safety: needs caution", "is not a verdict"),
        (PROMPT, "Here it is:\n\nUser Safety: unsafe\n\nThe user safety matters.", ("unsafe", None)),
        (PROMPT, "I think User Safety: unsafe", "there is no verdict"),
        (PROMPT, "I'm sorry, but I can't help with that.", "there is no verdict"),
        (PROMPT, "", "there is no verdict"),
        (PROMPT, "User Safety: uns", "is not a verdict"),
        (WHATEVER, "User Safety: unsafe\nResponse Saf", "it is cut off"),
        (PROMPT, "<think>User Safety: unsafe", "the reasoning does not end"),
        # a hosted model that answers as the older guard does
        (BOTH, '{\n  "User Safety": "unsafe",\n  "Response Safety": "safe"\n}', ("unsafe", "safe")),
    ],
)  # fmt: skip
def test_lines_are_read_or_say_nothing(asked, reply, expected):
    check(Form.LINES, asked, reply, expected)
