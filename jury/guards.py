"""
What guard models reply, in the forms they were trained to. Pure. Nothing is guessed.

Forms: NVIDIA's NemoGuard content safety answers with an object of `User Safety`, `Response Safety` and
`Safety Categories` (also seen as `Violated Categories`, and with trailing spaces); Meta's Llama Guard with
`safe`, or `unsafe` and a line of codes.
"""

from collections.abc import Callable, Mapping
from typing import Any

from corpus.errors import Invalid
from corpus.labels import OTHER, Field, Judgement, Label, check_judgement, normalize, preview
from jury.parsing import Reading, parse_object, read_reply, without_reasoning
from jury.prompting import CATEGORIES, Form, Question

KEYS = {Field.PROMPT: "User Safety", Field.RESPONSE: "Response Safety"}
CATEGORY_KEYS = ("Safety Categories", "Violated Categories")
UNSAID = "the form of this model has no room to say what"
Spellings = Mapping[str, str]


def read(form: Form, reply: str, question: Question, spellings: Spellings) -> Reading:
    """
    Read a reply in the form that its prompt asks for.

    :param spellings: folded names, and codes as they are listed, to category slug
    """
    if form == Form.OBJECT:
        return read_reply(reply, question, spellings)
    read_answer: Callable[[str, Question], tuple[dict[Field, str], Any]] = (
        nemoguard_answer if form == Form.NEMOGUARD else llama_guard_answer
    )
    try:
        labels, named = read_answer(reply, question)
        return weigh(labels, named, question, spellings)
    except Invalid as error:
        return Reading(None, f"{error.field}: {error.reason}")


def weigh(labels: dict[Field, str], named: Any, question: Question, spellings: Spellings) -> Reading:
    """
    :raises Invalid: if a category is unknown, or the judgement breaks a rule
    """
    categories = read_names(named, spellings) if CATEGORIES in question.fields else ()
    is_clean = Label.UNSAFE not in labels.values()
    judgement = Judgement(
        **{field.value: label for field, label in labels.items()},
        categories=() if is_clean else categories,
        other_text=UNSAID if OTHER in categories and not is_clean else "",
    )
    check_judgement(
        judgement,
        wanted=question.fields,
        has_response=Field.RESPONSE in question.fields,
        asked_categories=CATEGORIES in question.fields,
    )
    return Reading(judgement, dropped_categories=len(categories) if is_clean else 0)


def nemoguard_answer(reply: str, question: Question) -> tuple[dict[Field, str], Any]:
    """
    Return the verdict of each asked field, and the categories as they stand there.

    :raises Invalid: if one is missing, stated twice, or neither safe nor unsafe
    """
    answer: dict[str, Any] = {}
    for key, value in parse_object(reply).items():
        name = key.strip()
        name = CATEGORY_KEYS[0] if name in CATEGORY_KEYS else name
        if name in answer:
            raise Invalid("reply", f"{name} is there twice")
        answer[name] = value
    labels = {field: verdict(answer.get(key), field) for field, key in KEYS.items() if field in question.fields}
    return labels, answer.get(CATEGORY_KEYS[0], "")


def llama_guard_answer(reply: str, question: Question) -> tuple[dict[Field, str], Any]:
    """
    Return the verdict of the one asked field, and the codes as they stand there.

    :raises Invalid: if there is anything besides, or nothing
    """
    first, *rest = [line.strip() for line in without_reasoning(reply).splitlines() if line.strip()] or [""]
    field = next(field for field in KEYS if field in question.fields)
    label = verdict(first, field)
    if len(rest) > (1 if label == Label.UNSAFE else 0):
        raise Invalid("reply", "there is more than a verdict and its codes")
    return {field: label}, rest[0] if rest else ""


def verdict(value: Any, field: Field) -> str:
    """
    :raises Invalid: if it is neither safe nor unsafe
    """
    text = value.strip().lower() if isinstance(value, str) else ""
    if text not in (Label.SAFE, Label.UNSAFE):
        raise Invalid(field, f"{preview(value)} is not a verdict" if value else "there is no verdict")
    return text


def read_names(named: Any, spellings: Spellings) -> tuple[str, ...]:
    """
    :raises Invalid: if one is unknown, or they are neither text nor a list of texts
    """
    names = named.split(",") if isinstance(named, str) else named
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Invalid(CATEGORIES, f"{preview(named)} is not a list of names")
    slugs: dict[str, None] = {}
    for name in (name.strip() for name in names if name.strip()):
        slug = spellings.get(normalize(name))
        if slug is None:
            raise Invalid(CATEGORIES, f"{preview(name)} is not a category of the taxonomy")
        slugs[slug] = None
    return tuple(slugs)


def with_codes(spellings: Spellings, categories: list[dict[str, Any]]) -> Spellings:
    """Let categories be named by their codes too, as a prompt lists them."""
    return {**spellings, **{normalize(each["code"]): each["slug"] for each in categories if each["code"]}}
