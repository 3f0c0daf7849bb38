"""What the readers of all forms share: the reading of a reply, and how its parts are read. Nothing is guessed. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from corpus.errors import Invalid
from corpus.labels import Field, Label, preview
from jury.engine.cleaning import clean_json
from jury.engine.forms.reasoning import decode, strip_reasoning
from jury.engine.forms.template_tokens import EDGE

Asked = Collection[str] | None
"The label fields that a reply must have a verdict on; None for whatever it has one on."
MARKS = EDGE + "*_`'\"“”"
"What may stand around a word besides space: emphasis and quotes."
SAFETY = {"safe": Label.SAFE, "unsafe": Label.UNSAFE}
YES_NO = {"yes": Label.UNSAFE, "no": Label.SAFE}
NOT_APPLICABLE = {"n/a", "na", "none", "null", "not applicable"}


@dataclass(frozen=True)
class Reading:
    """What a reply says. Categories are named as the model names them."""

    labels: Mapping[Field, str]
    "The verdicts; a field that the model calls not applicable is left out."
    categories: tuple[str, ...] = ()
    categories_problem: str = ""
    "Why the categories cannot be read; the labels stand without them."
    refusal: bool | None = None
    "Whether the response is a refusal; None where the form does not say."
    score: float | None = None
    "The probability of unsafe, 0 to 1; None where the reply has none."
    other_text: str | None = None
    "What the category other stands for; None where the form has no room to say."
    rationale: str = ""
    answers: Any = None
    "Answers to the project's questions as the reply has them, by key; None where the form has no room for any."


def read_verdicts(said: Mapping[Field, Any], asked: Asked, words: Mapping[str, str] = SAFETY) -> dict[Field, str]:
    """
    Return the labels of the asked fields.

    :param said: what the reply has for each field
    :param words: what the form calls the labels, in lower case
    :raises Invalid: if a verdict is missing or unknown, or there is none at all
    """
    fields = [field for field in Field if field in (said if asked is None else asked)]
    labels = {field: label for field in fields if (label := read_verdict(said.get(field), field, words))}
    if not labels:
        raise Invalid(fields[0] if fields else "reply", "there is no verdict")
    return labels


def read_verdict(value: Any, field: str, words: Mapping[str, str] = SAFETY) -> str | None:
    """
    Return what a word of a form stands for; None if it says that the question does not apply.

    :raises Invalid: if there is no word, or it is not one of the form
    """
    word = bare(value).replace("_", " ") if isinstance(value, str) else ""
    if word in words:
        return words[word]
    if word in NOT_APPLICABLE:
        return None
    raise Invalid(field, f"{preview(value)} is not a verdict" if value else "there is no verdict")


def read_agreeing(values: Iterable[Any], field: str, words: Mapping[str, str]) -> str:
    """
    Return the label that all words stand for.

    :raises Invalid: if one is unknown, two differ, or there is none
    """
    labels = {label for value in values if (label := read_verdict(value, field, words))}
    if len(labels) != 1:
        raise Invalid(field, "two verdicts differ" if labels else "there is no verdict")
    return labels.pop()


def bare(text: str) -> str:
    """Return a word or a few in lower case, without marks around them and a full stop at their end."""
    return " ".join(text.strip(MARKS).rstrip(MARKS + ".,;!").casefold().split())


def only_field(asked: Asked) -> Field:
    """
    Return the field that a form with one verdict is about: the one that is asked for, or else the prompt.

    :raises Invalid: if two are
    """
    fields = [Field.PROMPT] if asked is None else [field for field in Field if field in asked]
    if len(fields) != 1:
        raise Invalid("reply", "this form has one verdict, so it answers about one label")
    return fields[0]


def read_names(value: Any) -> tuple[tuple[str, ...], str]:
    """
    Return the names in a text separated by commas, or in a list of texts, each once; and why they cannot be read.

    Words such as `None` name nothing.
    """
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return (), f"{preview(value)} is not a list of names"
    found = (name.strip(MARKS + ";[]").removesuffix(".") for name in names)
    return tuple(dict.fromkeys(name for name in found if name and name.casefold() not in NOT_APPLICABLE)), ""


def parse_object(reply: str) -> dict[str, Any]:
    """
    Parse a reply whose answer is one JSON object, bare, in one code fence, or written as a JSON string.

    :raises Invalid: if the answer is anything else, or repeats a key
    """
    text = strip_reasoning(reply)
    if not text:
        raise Invalid("reply", "the reply is empty")
    try:
        answer = clean_json(decode(text, object_pairs_hook=reject_repeated_keys))
    except (ValueError, RecursionError) as error:
        raise Invalid("reply", f"not one JSON object ({type(error).__name__})") from error
    if not isinstance(answer, dict):
        raise Invalid("reply", "not a JSON object")
    return answer


def reject_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """
    Return the pairs of a JSON object as a dictionary.

    :raises Invalid: if a key is there twice
    """
    answer = dict(pairs)
    if len(answer) < len(pairs):
        raise Invalid("reply", "a key is there twice")
    return answer
