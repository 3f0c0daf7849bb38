"""
The form of Meta's Llama Guard: `safe`, or `unsafe` and a line of category codes, about one field. Pure.

Source: the model card of meta-llama/Llama-Guard-3-8B.
"""

from corpus.errors import Invalid
from corpus.labels import Field, Label
from jury.engine.forms.guard_models import guard_reading, read_verdict
from jury.engine.forms.reading import Reading, Spellings, strip_reasoning
from jury.prompting import Question


def read_llama_guard(reply: str, question: Question, spellings: Spellings) -> Reading:
    """
    Read the verdict of the one asked field, and the codes on the line below it.

    :raises Invalid: if there is anything else in the reply, or nothing; or as `guard_reading` says
    """
    first, *rest = [line.strip() for line in strip_reasoning(reply).splitlines() if line.strip()] or [""]
    field = next(field for field in (Field.PROMPT, Field.RESPONSE) if field in question.fields)
    label = read_verdict(first, field)
    if len(rest) > (1 if label == Label.UNSAFE else 0):
        raise Invalid("reply", "there is more than a verdict and its codes")
    return guard_reading({field: label}, rest[0] if rest else "", question, spellings)
