"""The fields of questions in the form of a judgement, and what their template needs."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import forms

from corpus.models import Question
from corpus.questions import LONGEST_ANSWER, Type, choices_of, field_of, is_about_item
from corpus.text_area import TextArea

if TYPE_CHECKING:
    from annotation.forms.judgement import JudgementForm

KEYS = "7890abdefghijklmpvwyz"
"Keys for the choices of questions, in the order of the page; the labels and the pages have the others."
GONE = {"invalid_choice": "This answer is no longer offered. Choose another."}


def question_fields(questions: Sequence[Question]) -> dict[str, forms.Field]:
    """Return a form field for each question, by its name. Rules are checked by the action, as for the labels."""
    return {field_of(question.key): question_field(question) for question in questions}


def question_field(question: Question) -> forms.Field:
    """Return the form field of a question."""
    choices = list(choices_of(question).items())
    if question.type == Type.TEXT:
        return forms.CharField(required=False, max_length=LONGEST_ANSWER, widget=TextArea)
    if question.type == Type.MANY_OF:
        return forms.MultipleChoiceField(required=False, choices=choices, error_messages=GONE)
    return forms.ChoiceField(required=False, choices=choices, error_messages=GONE)


def answers_of(form: "JudgementForm") -> dict[str, Any]:
    """Return the answers of a valid form by key. A list without a choice is an answer only if its boxes were shown."""
    shown = shown_questions(form)
    answers = {each.key: form.cleaned_data[field_of(each.key)] for each in form.questions}
    return {key: answer for key, answer in answers.items() if answer or (answer == [] and key in shown)}


def shown_questions(form: "JudgementForm") -> Sequence[str]:
    """Return the keys of the questions that the page showed, as it says itself."""
    return form.data.getlist("asked") if hasattr(form.data, "getlist") else []


def typed_answers(form: "JudgementForm") -> dict[str, Any]:
    """Return what a person answered by key, whether it is valid or not, to show it to them."""
    values = form.current_values
    return {each.key: values[field_of(each.key)] for each in form.questions if values[field_of(each.key)]}


def questions_context(form: "JudgementForm", *, has_response: bool) -> list[dict[str, Any]]:
    """Return what the template needs of each question that is asked on an item with, or without, a response."""
    keys = choice_keys(form.questions)
    asked = [each for each in form.questions if is_about_item(each, has_response=has_response)]
    return [question_context(form, question, keys) for question in asked]


def choice_keys(questions: Sequence[Question]) -> dict[tuple[str, str], str]:
    """Return the key for each choice, by (key of the question, value): the same on every item of the project."""
    pairs = [(question.key, value) for question in questions for value in choices_of(question)]
    return dict(zip(pairs, KEYS, strict=False))


def question_context(form: "JudgementForm", question: Question, keys: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    """Return a question with its choices, what is chosen or typed, and its errors."""
    name = field_of(question.key)
    value = form.current_values[name]
    chosen = value if isinstance(value, list) else [value]
    choices = [
        {"value": each, "word": word, "key": keys.get((question.key, each), ""), "is_chosen": each in chosen}
        for each, word in choices_of(question).items()
    ]
    return {
        "key": question.key,
        "name": name,
        "text": question.text,
        "guidance": question.guidance,
        "is_list": question.type == Type.MANY_OF,
        "is_scale": question.type == Type.ORDINAL,
        "is_required": question.is_required,
        "choices": choices,
        "value": value,
        "errors": form.errors.get(name, []),
    }


def keys_of_questions(questions: Sequence[Question]) -> list[dict[str, Any]]:
    """Return the text of each question with the keys of its choices, for the list of keys; without keys, none."""
    keys, rows = choice_keys(questions), []
    for question in questions:
        names = choices_of(question).items()
        choices = {key: name for value, name in names if (key := keys.get((question.key, value)))}
        rows.append({"text": question.text, "choices": choices})
    return [row for row in rows if row["choices"]]
