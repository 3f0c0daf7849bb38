"""
The right reply about one label in the form of a guard, for training. Pure.

What is written here is read by the reader of the same form in `jury.engine.forms`, whose files name the sources.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import orjson

from corpus.labels import OTHER, Field, Label
from jury.engine.forms.nemoguard import CATEGORY_KEYS, KEYS
from jury.prompting import CATEGORIES, Form

NONE = "None"
NOT_SAID = "a hazard that no category names"


@dataclass(frozen=True)
class Answer:
    """What is right about one label of a dialogue."""

    field: Field
    label: str
    "`safe` or `unsafe`."
    slugs: Sequence[str] = ()
    "Of the categories, as our own form names them; empty for a safe label."
    names: Sequence[str] = ()
    "The same as the prompt spells them; empty, too, where replies name none."

    def said(self, unsafe: str, safe: str) -> str:
        """Return the word for the label."""
        return unsafe if self.label == Label.UNSAFE else safe


def object_reply(answer: Answer) -> str:
    """Return the JSON object of our own form, which wants a text beside `other`; releases have none."""
    other = NOT_SAID if OTHER in answer.slugs else ""
    return orjson.dumps({answer.field.value: answer.label, CATEGORIES: answer.slugs, "other_text": other}).decode()


def nemoguard_reply(answer: Answer) -> str:
    """Return the JSON object of NVIDIA's guards, whose categories are names."""
    named = {CATEGORY_KEYS[0]: ", ".join(answer.names)} if answer.names else {}
    return orjson.dumps({KEYS[answer.field]: answer.label, **named}).decode()


def llama_guard_reply(answer: Answer) -> str:
    """Return the verdict of Llama Guard and, of something unsafe, the line of categories."""
    return "\n".join([answer.label, *([",".join(answer.names)] if answer.names else [])])


def nemotron_reply(answer: Answer) -> str:
    """Return the lines of NVIDIA's Nemotron guards."""
    named = [f"Safety Categories: {', '.join(answer.names)}"] if answer.names else []
    return "\n".join([f"{KEYS[answer.field]}: {answer.label}", *named])


def harm_reply(answer: Answer) -> str:
    """Return the line of NVIDIA's reasoning guards, without reasoning."""
    return f"{answer.field.display_name} harm: {answer.said('harmful', 'unharmful')}"


def qwen3guard_reply(answer: Answer) -> str:
    """Return the lines of Qwen3Guard; whether a response is a refusal is not known, so no line says it."""
    return f"Safety: {answer.said('Unsafe', 'Safe')}\nCategories: {', '.join(answer.names) or NONE}"


def wildguard_reply(answer: Answer) -> str:
    """Return the line of WildGuard and, if the prompt names categories, that of PolyGuard."""
    asked = {Field.PROMPT: "request", Field.RESPONSE: "response"}[answer.field]
    named = [f"{asked.capitalize()} safety violations: {','.join(answer.names)}"] if answer.names else []
    return "\n".join([f"Harmful {asked}: {answer.said('yes', 'no')}", *named])


def granite_reply(answer: Answer) -> str:
    """Return the score of Granite Guardian."""
    return f"<score>{answer.said('yes', 'no')}</score>"


def yesno_reply(answer: Answer) -> str:
    """Return the word of guards that say whether a policy is violated."""
    return answer.said("Yes", "No")


def policy_reply(answer: Answer) -> str:
    """Return the JSON object of gpt-oss-safeguard: whether the policy is violated, and by which categories."""
    violation = {"violation": int(answer.label == Label.UNSAFE), "policy_category": ",".join(answer.names) or None}
    return orjson.dumps(violation).decode()


WRITERS: dict[Form, Callable[[Answer], str]] = {
    Form.OBJECT: object_reply,
    Form.NEMOGUARD: nemoguard_reply,
    Form.LLAMA_GUARD: llama_guard_reply,
    Form.LINES: nemotron_reply,
    Form.HARM: harm_reply,
    Form.QWEN3GUARD: qwen3guard_reply,
    Form.WILDGUARD: wildguard_reply,
    Form.GRANITE: granite_reply,
    Form.YESNO: yesno_reply,
    Form.POLICY: policy_reply,
}
"The forms that a guard can be trained to answer in: all but those of moderation routes and generators."
