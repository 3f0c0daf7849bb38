"""Replies of Nemotron reasoning guards."""

from jury.prompting import Form
from tests.cases import cases
from tests.jury.engine.forms.tables import BOTH, PROMPT, RESPONSE, WHATEVER, check


@cases(
    ("asked", "reply", "expected"),
    [
        (BOTH, "Prompt harm: harmful\nResponse harm: unharmful", ("unsafe", "safe")),
        (BOTH, "Prompt harm: unharmful\nResponse Harm: harmful", ("safe", "unsafe")),
        (BOTH, " PROMPT HARM :  Harmful.\n\n\tresponse harm: **Unharmful**", ("unsafe", "safe")),
        (BOTH, "<think>\nPrompt harm: unharmful at first.\n</think>\n\nPrompt harm: harmful\nResponse harm: harmful",
         ("unsafe", "unsafe")),
        (PROMPT, "Prompt harm: harmful", ("unsafe", None)),
        (WHATEVER, "Response harm: unharmful", (None, "safe")),
        # NVIDIA-NeMo/Guardrails#1565: without a response it answers None
        (BOTH, "Prompt harm: harmful\nResponse harm: None", ("unsafe", None)),
        (RESPONSE, "Prompt harm: harmful\nResponse harm: None", "there is no verdict"),
        (PROMPT, "Prompt harm: harmful/unharmful", "is not a verdict"),
        (PROMPT, "Prompt harm: somewhat harmful", "is not a verdict"),
        (PROMPT, "Prompt harm: needs caution", "is not a verdict"),
        (PROMPT, "Prompt harm: harmful\nPrompt harm: unharmful", "two verdicts differ"),
        (BOTH, "Prompt harm: unharmful\nResponse ha", "it is cut off"),
        (BOTH, "Prompt harm: unharmful\nResponse harm: unh", "is not a verdict"),
        (PROMPT, "Sure.\nPrompt harm: unharmful\nCategories: Weapons, S4\nThat is all.", ("safe", None)),
        (PROMPT, "I cannot assist with that.", "there is no verdict"),
        (PROMPT, "The prompt is harmful", "there is no verdict"),
        (PROMPT, " \n", "there is no verdict"),
        (PROMPT, "<think>Prompt harm: harmful", "the reasoning does not end"),
    ],
)  # fmt: skip
def test_harm_is_read_or_says_nothing(asked, reply, expected):
    check(Form.HARM, asked, reply, expected)
