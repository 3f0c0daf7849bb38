"""
Render examples as a model is trained on them: what it will be asked, and the reply that is right.

The two forms are those of TRL (https://huggingface.co/docs/trl/dataset_formats): conversational `prompt` and
`completion`, whose loss is on the completion alone, or `messages`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import orjson

from corpus.errors import Refused
from corpus.labels import Field
from guards.training.example import Example
from jury.engine.forms.nemoguard import CATEGORY_KEYS, KEYS
from jury.prompting import CATEGORIES, Form, Prompt, Question, Send, Turns, build_messages, render_category

FORMATS = ("completion", "messages")


def object_reply(example: Example, slugs: Mapping[str, str]) -> str:
    """Return the reply in our own form."""
    named = [slugs[name] for name in example.categories if name in slugs]
    return orjson.dumps({example.field.value: example.label, CATEGORIES: named, "other_text": ""}).decode()


def nemoguard_reply(example: Example, _slugs: Mapping[str, str]) -> str:
    """Return the reply in the form of NVIDIA's guards, whose categories are names."""
    named = {CATEGORY_KEYS[0]: ", ".join(example.categories)} if example.categories else {}
    return orjson.dumps({KEYS[example.field]: example.label, **named}).decode()


def llama_guard_reply(example: Example, _slugs: Mapping[str, str]) -> str:
    """Return the reply in the form of Llama Guard."""
    return "\n".join([example.label, *([",".join(example.categories)] if example.categories else [])])


WRITERS: dict[Form, Callable[[Example, Mapping[str, str]], str]] = {
    Form.OBJECT: object_reply,
    Form.NEMOGUARD: nemoguard_reply,
    Form.LLAMA_GUARD: llama_guard_reply,
}
"The forms that a guard can be trained to answer in."


class Renderer:
    """Renders examples by the very prompt version that will ask the guard."""

    def __init__(self, prompt: Prompt, categories: Sequence[Mapping[str, Any]]) -> None:
        """
        Prepare to render.

        :param categories: of the project's taxonomy, as prompts list them
        :raises Refused: if no reply can be written in the form of the prompt
        """
        if prompt.form not in WRITERS or prompt.send == Send.MODERATIONS:
            known = ", ".join(WRITERS)
            raise Refused(f"Nothing can be trained to answer in the form {prompt.form}: {known} can be written.")
        self.prompt, self.write = prompt, WRITERS[prompt.form]
        self.lines = [render_category(prompt.category, each) for each in categories]
        self.slugs = {each["name"]: each["slug"] for each in categories}

    def row(self, example: Example, form: str, weight: float = 1.0) -> dict[str, Any]:
        """
        Return the row of an example.

        :param form: one of FORMATS
        :param weight: how much it should count in training, above 0 to 1
        """
        question = Question((example.field, CATEGORIES))
        asked = build_messages(self.prompt, question, cast("Turns", example.turns), self.lines)
        reply = [{"role": "assistant", "content": self.write(example, self.slugs)}]
        texts = {"messages": asked + reply} if form == "messages" else {"prompt": asked, "completion": reply}
        return {"id": example.item, "task": Field(example.field).part, "weight": weight, **texts}
