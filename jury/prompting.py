"""From a prompt version and a dialogue to the messages of one request. Pure."""

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Template
from typing import Any

from corpus.labels import Field, Label

CATEGORIES = "categories"
MOST_CATEGORIES = 6
Messages = list[dict[str, str]]


@dataclass(frozen=True)
class Prompt:
    """A prompt version, as its file has it."""

    system: str
    user: str
    category: str = "- $slug"
    "How one category is listed."
    rationale: bool = False
    "Whether it wants the reasons, before the verdict."

    @classmethod
    def parse(cls, text: str) -> "Prompt":
        return cls(**tomllib.loads(text))


@dataclass(frozen=True)
class Question:
    """What one juror is asked of one item."""

    fields: tuple[str, ...]
    "Of prompt_label, response_label, categories; those the item has."
    rationale: bool = False


def messages(
    prompt: Prompt, question: Question, turns: Sequence[Mapping[str, str]], categories: Sequence[Mapping[str, Any]]
) -> Messages:
    """
    Give the messages of a request.

    The dialogue goes in as data: its boundary is made from a hash of its own text, so
    that no text can hold the boundary it will get.

    :param categories: slug, name, definition, included and excluded of each, in order
    """
    edge = boundary(turns)
    parts = {
        "boundary": edge,
        "dialogue": show_dialogue(turns, edge),
        "categories": "\n".join(show_category(prompt.category, category) for category in categories),
        "answer": describe_answer(question),
    }
    filled = {"system": prompt.system, "user": prompt.user}
    return [{"role": role, "content": Template(text).substitute(parts).strip()} for role, text in filled.items()]


def boundary(turns: Sequence[Mapping[str, str]]) -> str:
    text = "\0".join(f"{turn['role']}\0{turn['text']}" for turn in turns)
    return f"--- {hashlib.sha256(text.encode()).hexdigest()[:8]}"


def show_dialogue(turns: Sequence[Mapping[str, str]], edge: str) -> str:
    shown = [f"{edge} {turn['role']}\n{turn['text']}" for turn in turns]
    return "\n".join([*shown, f"{edge} end"])


def show_category(template: str, category: Mapping[str, Any]) -> str:
    lists = {key: "; ".join(category[key]) for key in ("included", "excluded")}
    return Template(template).substitute({**category, **lists})


def describe_answer(question: Question) -> str:
    labels = "|".join(Label)
    shapes = {
        "rationale": '"<one or two sentences>"',
        Field.PROMPT: f'"{labels}"',
        Field.RESPONSE: f'"{labels}"',
        CATEGORIES: '["<slug>", …] (empty if safe, most important first)',
        "other_text": '"<what it is, if categories has other, else empty>"',
    }
    return "{" + ", ".join(f'"{key}": {shapes[key]}' for key in answer_keys(question)) + "}"


def answer_keys(question: Question) -> list[str]:
    keys = ["rationale"] if question.rationale else []
    keys += question.fields
    return [*keys, "other_text"] if CATEGORIES in question.fields else keys


def answer_schema(question: Question, slugs: Sequence[str]) -> dict[str, Any]:
    """Give the JSON schema of the answer, in the strict form that endpoints enforce."""
    label = {"type": "string", "enum": [str(each) for each in Label]}
    kinds: dict[str, dict[str, Any]] = {
        "rationale": {"type": "string"},
        Field.PROMPT: label,
        Field.RESPONSE: label,
        CATEGORIES: {
            "type": "array",
            "items": {"type": "string", "enum": list(slugs)},
            "maxItems": MOST_CATEGORIES,
        },
        "other_text": {"type": "string"},
    }
    keys = [str(key) for key in answer_keys(question)]
    return {
        "type": "object",
        "properties": {key: kinds[key] for key in keys},
        "required": keys,
        "additionalProperties": False,
    }
