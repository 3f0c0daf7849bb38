"""
Read replies of Meta's Llama Guard: `safe`, or `unsafe` and a line of category codes, about one field. Pure.

Source: the model card of meta-llama/Llama-Guard-3-8B.
"""

from corpus.errors import Invalid
from corpus.labels import Field, Label
from jury.engine.forms.guard_models import guard_reading, read_verdict
from jury.engine.forms.reading import Reading, Spellings
from jury.engine.forms.reasoning import strip_reasoning
from jury.engine.forms.template_tokens import trim
from jury.prompting import Question


def read_llama_guard(reply: str, question: Question, spellings: Spellings) -> Reading:
    """
    Return the reading of a reply: the verdict on the field that was asked, and the categories it names.

    :param question: asks for exactly one label field, since Llama Guard judges one side of a dialogue
    :raises Invalid: if the reply is not a verdict and at most one line of codes, or names an unknown category
    """
    verdict, *code_lines = [line for line in map(trim, strip_reasoning(reply).splitlines()) if line] or [""]
    field = next(field for field in (Field.PROMPT, Field.RESPONSE) if field in question.fields)
    label = read_verdict(verdict, field)
    most_code_lines = 1 if label == Label.UNSAFE else 0
    if len(code_lines) > most_code_lines:
        raise Invalid("reply", "there is more than a verdict and its codes")
    return guard_reading({field: label}, code_lines[0] if code_lines else "", question, spellings)
