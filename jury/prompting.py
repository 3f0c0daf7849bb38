"""From a prompt version and a dialogue to the messages of one request. Pure."""

import hashlib
import random
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from string import Template
from typing import Any

from corpus.labels import FIELDS, Field, Label

CATEGORIES = "categories"
ASKABLE = (*(str(field) for field in FIELDS), CATEGORIES)
"What a juror can be asked for."
MOST_CATEGORIES = 6
Messages = list[dict[str, str]]


class Form(StrEnum):
    """How a model answers."""

    OBJECT = "object"
    "One JSON object with our own keys."
    NEMOGUARD = "nemoguard"
    "The object of NVIDIA's content-safety guards: `User Safety`, `Response Safety`, `Safety Categories`."
    LLAMA_GUARD = "llamaguard"
    "`safe`, or `unsafe` and a line of codes; about one field."
    RESPONSE = "response"
    "No judgement: the assistant's next turn."
    REFUSAL = "refusal"
    "The same, where it declines."

    @property
    def is_generative(self) -> bool:
        """Whether it is a generator's rather than a juror's."""
        return self in (Form.RESPONSE, Form.REFUSAL)


@dataclass(frozen=True)
class Prompt:
    """A prompt version, as its file has it."""

    user: str = ""
    "Empty for a generator, which is sent the dialogue's own turns."
    system: str = ""
    "No such message is sent where it is empty."
    category: str = "- $slug"
    "How one category is listed."
    rationale: bool = False
    "Whether it wants the reasons, before the verdict."
    shuffle: bool = False
    "Whether categories are listed in another order at every call."
    form: Form = Form.OBJECT

    @classmethod
    def parse(cls, text: str) -> "Prompt":
        content = tomllib.loads(text)
        return cls(**content | {"form": Form(content.get("form", Form.OBJECT))})


@dataclass(frozen=True)
class Question:
    """What one juror is asked of one item."""

    fields: tuple[str, ...]
    "Of prompt_label, response_label, categories; those the item has."
    rationale: bool = False


def build_messages(
    prompt: Prompt, question: Question, turns: Sequence[Mapping[str, str]], categories: Sequence[str]
) -> Messages:
    """
    Return the messages of a request.

    The dialogue goes in as data, in a frame that no text within it can close.

    :param categories: as `render_category` shows each, in order
    """
    edge = boundary(turns)
    about_prompt = prompt.form == Form.LLAMA_GUARD and Field.RESPONSE not in question.fields
    parts = {
        "boundary": edge,
        "dialogue": render_dialogue(turns, edge)
        if prompt.form == Form.OBJECT
        else render_guard_dialogue(turns, up_to_prompt=about_prompt),
        "categories": "\n".join(categories),
        "answer": describe_guard_answer(question) if prompt.form == Form.NEMOGUARD else describe_answer(question),
        "judged": "user" if about_prompt else "agent",
    }
    filled = {"system": prompt.system, "user": prompt.user}
    return [
        {"role": role, "content": Template(text).substitute(parts).strip()} for role, text in filled.items() if text
    ]


def generation_messages(prompt: Prompt, turns: Sequence[Mapping[str, str]]) -> Messages:
    """Return the messages that ask for the next turn of a dialogue; a response that it has is left out."""
    asked = turns[:-1] if turns[-1]["role"] == "assistant" else turns
    own = [{"role": turn["role"], "content": turn["text"]} for turn in asked]
    if not prompt.system:
        return own
    if own[0]["role"] != "system":
        return [{"role": "system", "content": prompt.system.strip()}, *own]
    # Many endpoints take one system message only, and what is asked of the generator comes last.
    return [{"role": "system", "content": f"{own[0]['content']}\n\n{prompt.system.strip()}"}, *own[1:]]


def order_categories(categories: Sequence[Mapping[str, Any]], seed: int | None) -> list[Mapping[str, Any]]:
    """Return the categories as one call lists them: shuffled by its seed, or in their own order without one."""
    return list(categories) if seed is None else random.Random(seed).sample(categories, len(categories))  # noqa: S311


def boundary(turns: Sequence[Mapping[str, str]]) -> str:
    """Make a line's beginning from a hash of the dialogue that is nowhere in the dialogue itself."""
    text = "\0".join(f"{turn['role']}\0{turn['text']}" for turn in turns)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return next(edge for length in range(8, 65) if (edge := f"--- {digest[:length]}") not in text or length == 64)


def render_guard_dialogue(turns: Sequence[Mapping[str, str]], *, up_to_prompt: bool) -> str:
    """
    Show a dialogue as guard models are used to it: a line a turn, `user:` or `agent:`, the response marked.

    Further lines of a turn are indented, so that none of them can pass for a turn or a marker.
    """
    has_response = bool(turns) and turns[-1]["role"] == "assistant"
    shown = turns[:-1] if has_response and up_to_prompt else turns
    lines = []
    for at, turn in enumerate(shown, start=1):
        is_response = has_response and at == len(turns)
        name = "agent" if turn["role"] == "assistant" else turn["role"]
        text = "\n  ".join(turn["text"].splitlines())
        lines.append(f"{'response: ' if is_response else ''}{name}: {text}")
    return "\n".join(lines)


def render_dialogue(turns: Sequence[Mapping[str, str]], edge: str) -> str:
    shown = [f"{edge} {turn['role']}\n{turn['text']}" for turn in turns]
    return "\n".join([*shown, f"{edge} end"])


def render_category(template: str, category: Mapping[str, Any]) -> str:
    """
    List one category as a prompt wants it.

    :param category: its slug, name, code, definition, included and excluded
    """
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


def describe_guard_answer(question: Question) -> str:
    keys = ['"User Safety": "safe|unsafe"']
    keys += ['"Response Safety": "safe|unsafe"'] if Field.RESPONSE in question.fields else []
    keys += ['"Safety Categories": "<names, separated by commas; leave the key out if all is safe>"']
    return "{" + ", ".join(keys) + "}"


def answer_keys(question: Question) -> list[str]:
    keys = ["rationale"] if question.rationale else []
    keys += question.fields
    return [*keys, "other_text"] if CATEGORIES in question.fields else keys


def answer_schema(question: Question, slugs: Sequence[str]) -> dict[str, Any]:
    """Return the JSON schema of the answer, in the strict form that endpoints enforce."""
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
