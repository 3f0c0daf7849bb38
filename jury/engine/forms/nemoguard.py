"""
Read replies of NVIDIA's NemoGuard content-safety models. Pure.

Source: the model card of nvidia/llama-3.1-nemoguard-8b-content-safety: an object of `User Safety`, `Response Safety`
and `Safety Categories`. Also seen in replies: `Violated Categories`, and keys with trailing spaces.
"""

from typing import Any

from corpus.errors import Invalid
from corpus.labels import Field
from jury.engine.forms.reading import Asked, Reading, parse_object, read_names, read_verdicts

KEYS = {Field.PROMPT: "User Safety", Field.RESPONSE: "Response Safety"}
CATEGORY_KEYS = ("Safety Categories", "Violated Categories")


def read_nemoguard(reply: str, asked: Asked) -> Reading:
    """
    Return the reading of a reply: the verdict on each field that was asked, and the categories it names.

    :raises Invalid: if a verdict is missing, stated twice or unknown
    """
    answer: dict[str, Any] = {}
    for key, value in parse_object(reply).items():
        name = CATEGORY_KEYS[0] if key.strip() in CATEGORY_KEYS else key.strip()
        if name in answer:
            raise Invalid("reply", f"{name} is there twice")
        answer[name] = value
    labels = read_verdicts({field: answer[key] for field, key in KEYS.items() if key in answer}, asked)
    names, problem = read_names(answer.get(CATEGORY_KEYS[0]) or "")
    return Reading(labels, names, problem)
