"""Questions as the REST routes show them."""

from corpus.models import Question
from corpus.questions import choices_of
from corpus.shapes import ChoiceShape, QuestionShape


def as_question(question: Question) -> QuestionShape:
    """Return a question as JSON; the choices of `yes_no` are named too."""
    choices: list[ChoiceShape] = [{"value": value, "name": name} for value, name in choices_of(question).items()]
    return {
        "key": question.key,
        "text": question.text,
        "guidance": question.guidance,
        "type": question.type,
        "choices": choices,
        "asked_of": question.asked_of,
        "about": question.about,
        "is_required": question.is_required,
        "opens_cases": question.opens_cases,
        "retired_at": question.retired_at,
    }
