"""
Read results of `/v1/moderations`: whether a text is flagged, by categories with scores. Pure.

Source: OpenAI's reference of the route. A category that its model does not know is null (openai/openai-python#1786).
Mistral's route says no `flagged`: there each category is a verdict, and one that is true flags the text.
"""

from typing import Any

from corpus.errors import Invalid
from corpus.labels import Field, Label, preview
from jury.engine.forms.reading import Asked, Reading, only_field, parse_object


def read_moderations(reply: str, asked: Asked) -> Reading:
    """
    Return the reading of a body with one result: the verdict on the field that was asked, and the categories.

    :param reply: the body as JSON
    :param asked: exactly one label field
    :raises Invalid: if there is no result, more than one, or its verdict is missing or contradicts itself
    """
    field = only_field(asked)
    results = parse_object(reply).get("results")
    if not isinstance(results, list) or len(results) != 1 or not isinstance(results[0], dict):
        count = len(results) if isinstance(results, list) else 0
        raise Invalid("reply", f"there are {count} results of a moderation, and not one")
    [result] = results
    categories, scores = mapping(result.get("categories")), mapping(result.get("category_scores"))
    names = tuple(name for name, is_violated in categories.items() if is_violated is True)
    is_flagged = read_flag(result.get("flagged"), categories, field)
    if names and not is_flagged:
        raise Invalid(field, f"the text is not flagged, but {preview(names[0])} is true")
    numbers = [float(score) for score in scores.values() if isinstance(score, int | float)]
    return Reading({field: Label.UNSAFE if is_flagged else Label.SAFE}, names, score=max(numbers, default=None))


def read_flag(flagged: Any, categories: dict[str, Any], field: Field) -> bool:
    """
    Return whether a text is flagged: as it is said, or else whether a category is.

    :raises Invalid: if neither says so
    """
    if isinstance(flagged, bool):
        return flagged
    if flagged is None and categories and all(isinstance(value, bool) for value in categories.values()):
        return any(categories.values())
    raise Invalid(field, "there is no verdict" if flagged is None else f"{preview(flagged)} is not a verdict")


def mapping(value: Any) -> dict[str, Any]:
    """Return an object of JSON; an empty one for anything else."""
    return value if isinstance(value, dict) else {}
