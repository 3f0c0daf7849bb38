"""
Read replies of AI2's WildGuard and of PolyGuard, which answers alike in many languages. Pure.

Sources: allenai/wildguard and the model cards of ToxicityPrompts/PolyGuard: `Harmful request: yes`,
`Response refusal: no`, `Harmful response: n/a`; PolyGuard adds `Request safety violations: S1,S10`, and the same for
the response.
"""

from corpus.labels import Field
from jury.engine.forms.labelled import REFUSAL, read_lines, reading_of
from jury.engine.forms.reading import YES_NO, Asked, Reading
from jury.prompting import CATEGORIES

NAMES = {
    "harmfulrequest": Field.PROMPT,
    "harmfulresponse": Field.RESPONSE,
    "responserefusal": REFUSAL,
}
VIOLATIONS = {Field.PROMPT: "requestsafetyviolations", Field.RESPONSE: "responsesafetyviolations"}


def read_wildguard(reply: str, asked: Asked) -> Reading:
    """
    Return the reading of a reply: the verdict on each field that was asked, categories, and whether it is a refusal.

    :raises Invalid: if a verdict is missing or unknown, or two differ
    """
    violations = {name: CATEGORIES for field, name in VIOLATIONS.items() if asked is None or field in asked}
    return reading_of(read_lines(reply, NAMES | violations), asked, YES_NO)
