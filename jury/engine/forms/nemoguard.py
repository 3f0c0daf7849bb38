"""
Read replies of NVIDIA's NemoGuard content-safety models. Pure.

Source: the model card of nvidia/llama-3.1-nemoguard-8b-content-safety: an object of `User Safety`, `Response Safety`
and `Safety Categories`. Also seen in replies: `Violated Categories`, and keys with trailing spaces.
"""

from typing import Any

from corpus.errors import Invalid
from corpus.labels import Field
from jury.engine.forms.guard_models import guard_reading, read_verdict
from jury.engine.forms.reading import Reading, Spellings, parse_object
from jury.prompting import Question

KEYS = {Field.PROMPT: "User Safety", Field.RESPONSE: "Response Safety"}
CATEGORY_KEYS = ("Safety Categories", "Violated Categories")


def read_nemoguard(reply: str, question: Question, spellings: Spellings) -> Reading:
    """
    Return the reading of a reply: the verdict on each field that was asked, and the categories it names.

    :raises Invalid: if a verdict is missing, stated twice or unknown, or a category is unknown
    """
    answer: dict[str, Any] = {}
    for key, value in parse_object(reply).items():
        name = CATEGORY_KEYS[0] if key.strip() in CATEGORY_KEYS else key.strip()
        if name in answer:
            raise Invalid("reply", f"{name} is there twice")
        answer[name] = value
    labels = {field: read_verdict(answer.get(key), field) for field, key in KEYS.items() if field in question.fields}
    return guard_reading(labels, answer.get(CATEGORY_KEYS[0], ""), question, spellings)
