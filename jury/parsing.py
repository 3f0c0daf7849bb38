"""From a juror's raw reply to a verdict, or the reason why there is none. Pure. Nothing is guessed."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from corpus.errors import Invalid
from corpus.labels import Field, Judgement, Label, check_judgement, normalize, parse_label, preview
from jury.prompting import CATEGORIES, Question

FENCED = re.compile(r"```(?:json)?\s*\n(.*)\n\s*```", re.DOTALL)
LONGEST_TEXT = 10_000


@dataclass(frozen=True)
class Reading:
    """What a reply says: a judgement, or why it says none."""

    judgement: Judgement | None
    reason: str = ""
    dropped_categories: int = 0
    "Named beside a clean safe, where they mean nothing."


def read_reply(reply: str, question: Question, spellings: Mapping[str, str]) -> Reading:
    """
    Read a reply that should be one JSON object, bare or in one code fence.

    :param spellings: folded spelling to category slug
    """
    try:
        answer = parse_object(reply)
        labels = {field: read_label(answer, field) for field in Field if field in question.fields}
        categories = read_categories(answer, spellings) if CATEGORIES in question.fields else ()
        is_clean = not set(labels.values()) & {Label.UNSAFE, Label.NEEDS_CAUTION}
        judgement = Judgement(
            **{field.value: label for field, label in labels.items()},
            categories=() if is_clean else categories,
            other_text="" if is_clean else read_text(answer, "other_text"),
            rationale=read_text(answer, "rationale"),
        )
        check_judgement(
            judgement,
            wanted=question.fields,
            has_response=Field.RESPONSE in question.fields,
            asked_categories=CATEGORIES in question.fields,
        )
    except Invalid as error:
        return Reading(None, f"{error.field}: {error.reason}")
    return Reading(judgement, dropped_categories=len(categories) if is_clean else 0)


def parse_object(reply: str) -> dict[str, Any]:
    """
    :raises Invalid: if the reply is anything but one JSON object without repeated keys
    """
    text = without_reasoning(reply)
    if fenced := FENCED.fullmatch(text):
        text = fenced[1]
    try:
        answer = json.loads(text, object_pairs_hook=without_repeats)
    except (ValueError, RecursionError) as error:
        raise Invalid("reply", f"not one JSON object ({type(error).__name__})") from error
    if not isinstance(answer, dict):
        raise Invalid("reply", "not a JSON object")
    return answer


def without_reasoning(reply: str) -> str:
    """
    Take away the block in which a model thinks before it answers.

    :raises Invalid: if the block does not end: what is in it is no answer
    """
    text = reply.strip()
    if not text.startswith("<think>"):
        return text
    _, end, answer = text.partition("</think>")
    if not end:
        raise Invalid("reply", "the reasoning does not end")
    return answer.strip()


def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    answer = dict(pairs)
    if len(answer) < len(pairs):
        raise Invalid("reply", "a key is there twice")
    return answer


def read_label(answer: Mapping[str, Any], field: Field) -> str:
    value = answer.get(field)
    label = parse_label(value, field) if isinstance(value, str) else None
    if label is None:
        raise Invalid(field, "there is no verdict" if value in (None, "") else f"{preview(value)} is not a label")
    return label


def read_categories(answer: Mapping[str, Any], spellings: Mapping[str, str]) -> tuple[str, ...]:
    named = answer.get(CATEGORIES)
    if not isinstance(named, list):
        raise Invalid(CATEGORIES, f"{preview(named)} is not a list")
    slugs: dict[str, None] = {}
    for name in named:
        slug = spellings.get(normalize(name)) if isinstance(name, str) else None
        if slug is None:
            raise Invalid(CATEGORIES, f"{preview(name)} is not a category of the taxonomy")
        slugs[slug] = None
    return tuple(slugs)


def read_text(answer: Mapping[str, Any], key: str) -> str:
    value = answer.get(key, "")
    return value.replace("\0", "")[:LONGEST_TEXT] if isinstance(value, str) else ""
