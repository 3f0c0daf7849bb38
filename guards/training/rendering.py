"""
Render examples as a model is trained on them: what it will be asked, and the reply that is right.

The two forms are those of TRL (https://huggingface.co/docs/trl/dataset_formats): conversational `prompt` and
`completion`, whose loss is on the completion alone, or `messages`.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, cast

from corpus.errors import Refused
from corpus.labels import NEEDS_RESPONSE, OTHER, Field
from guards.training.example import Example
from guards.training.replies import WRITERS, Answer
from jury.prompting import (
    CATEGORIES,
    Form,
    Prompt,
    Question,
    Send,
    Turns,
    build_messages,
    order_categories,
    render_category,
)

FORMATS = ("completion", "messages")
CODED = (Form.LLAMA_GUARD, Form.WILDGUARD, Form.POLICY)
"The forms that name categories by their codes, where the prompt lists these."


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
        self.categories = list(categories)
        self.slugs = {each["name"]: each["slug"] for each in categories}
        self.codes = codes_of(prompt, categories)
        self.asked = (CATEGORIES,) if prompt.form.names_categories else ()

    def row(self, example: Example, form: str, weight: float = 1.0) -> dict[str, Any]:
        """
        Return the row of an example.

        :param form: one of FORMATS
        :param weight: how much it should count in training, above 0 to 1
        """
        fields, ends_at_prompt = (example.field, *self.asked), example.field not in NEEDS_RESPONSE
        question = Question(fields, rationale=self.prompt.rationale, ends_at_prompt=ends_at_prompt)
        asked = build_messages(self.prompt, question, cast("Turns", example.turns), self.lines(example))
        reply = [{"role": "assistant", "content": self.write(self.answer(example))}]
        texts = {"messages": asked + reply} if form == "messages" else {"prompt": asked, "completion": reply}
        return {"id": example.item, "task": Field(example.field).part, "weight": weight, **texts}

    def lines(self, example: Example) -> list[str]:
        """Return the list of categories, in an order of the example's own where the prompt version shuffles them."""
        digest = sha256(f"{example.item}\0{example.field}".encode()).digest()
        seed = int.from_bytes(digest[:4]) if self.prompt.shuffle else None
        return [render_category(self.prompt.category, each) for each in order_categories(self.categories, seed)]

    def answer(self, example: Example) -> Answer:
        """Return what is right about an example."""
        slugs = [self.slugs[name] for name in example.categories if name in self.slugs]
        if example.is_unsafe and not slugs and OTHER in self.slugs.values():
            slugs = [OTHER]  # whoever is asked for categories must name one of something unsafe
        names = [self.codes.get(name, name) for name in example.categories] if names_categories(self.prompt) else []
        return Answer(example.field, example.label, slugs, names)


def lists_categories(prompt: Prompt) -> bool:
    """Return whether a prompt lists the categories."""
    return "$categories" in prompt.system + prompt.user


def names_categories(prompt: Prompt) -> bool:
    """Return whether replies to a prompt name categories: WildGuard does where they are listed, as for PolyGuard."""
    return prompt.form.names_categories and (prompt.form != Form.WILDGUARD or lists_categories(prompt))


def codes_of(prompt: Prompt, categories: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the codes of categories by name, if replies to a prompt name them by these."""
    if prompt.form not in CODED or not lists_categories(prompt) or "$code" not in prompt.category:
        return {}
    return {each["name"]: each["code"] for each in categories if each["code"]}
