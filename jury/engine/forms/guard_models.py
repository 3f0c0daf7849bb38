"""What the readers of guard models share: `safe` or `unsafe`, and category names or codes. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from corpus.errors import Invalid
from corpus.labels import OTHER, Field, Judgement, Label, normalize, preview
from jury.engine.forms.reading import Reading, Spellings, checked_reading, read_slugs
from jury.prompting import CATEGORIES, Question

UNSAID = "the form of this model has no room to say what"


def guard_reading(labels: dict[Field, str], named: Any, question: Question, spellings: Spellings) -> Reading:
    """
    Return the reading of a guard model's verdicts and of the categories that it named.

    :param named: a text separated by commas, or a list of texts
    :raises Invalid: if a category is unknown, or the judgement breaks a rule
    """
    categories = read_names(named, spellings) if CATEGORIES in question.fields else ()
    is_clean = Label.UNSAFE not in labels.values()
    judgement = Judgement(
        **{field.value: label for field, label in labels.items()},
        categories=() if is_clean else categories,
        other_text=UNSAID if OTHER in categories and not is_clean else "",
    )
    return checked_reading(judgement, question, dropped_categories=len(categories) if is_clean else 0)


def read_verdict(value: Any, field: Field) -> str:
    """
    Return `safe` or `unsafe`.

    :raises Invalid: if the value is neither
    """
    text = value.strip().lower() if isinstance(value, str) else ""
    if text not in (Label.SAFE, Label.UNSAFE):
        raise Invalid(field, f"{preview(value)} is not a verdict" if value else "there is no verdict")
    return text


def read_names(named: Any, spellings: Spellings) -> tuple[str, ...]:
    """
    Return the slugs of categories that are named in a text separated by commas, or in a list.

    :raises Invalid: if a category is unknown, or `named` is neither text nor a list of texts
    """
    names = named.split(",") if isinstance(named, str) else named
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Invalid(CATEGORIES, f"{preview(named)} is not a list of names")
    return read_slugs((name.strip() for name in names if name.strip()), spellings)


def with_codes(spellings: Spellings, categories: Sequence[Mapping[str, Any]]) -> Spellings:
    """Return the spellings and the codes of categories, which guard models answer with too."""
    return {**spellings, **{normalize(each["code"]): each["slug"] for each in categories if each["code"]}}
