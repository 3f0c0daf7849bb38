"""
Read replies of Meta's Llama Guard: `safe`, or `unsafe` and a line of category codes, about one field. Pure.

Source: the model cards of meta-llama/Llama-Guard-3-8B and Llama-Guard-4-12B.
"""

from corpus.errors import Invalid
from corpus.labels import Label
from jury.engine.forms.reading import SAFETY, Asked, Reading, bare, only_field, read_names, read_verdict
from jury.engine.forms.reasoning import strip_reasoning
from jury.engine.forms.template_tokens import trim

MOST_WORDS = 8
"Words of a category's name; a line of more is a sentence."


def read_llama_guard(reply: str, asked: Asked) -> Reading:
    """
    Return the reading of a reply: the verdict on the field that was asked, and the categories it names.

    :param asked: exactly one label field, since Llama Guard judges one side of a dialogue
    :raises Invalid: if the reply is not a verdict and at most one line of codes
    """
    verdict, *code_lines = [line for line in map(trim, strip_reasoning(reply).splitlines()) if line] or [""]
    field = only_field(asked)
    label = read_verdict(verdict, field)
    if label is None:
        raise Invalid(field, "there is no verdict")
    names, _ = read_names(code_lines[0] if code_lines else "")
    has_sentence = any(len(name.split()) > MOST_WORDS or bare(name) in SAFETY for name in names)
    if has_sentence or len(code_lines) > (1 if label == Label.UNSAFE else 0):
        raise Invalid("reply", "there is more than a verdict and its codes")
    return Reading({field: label}, names)
