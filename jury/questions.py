"""
Ask a project's questions in a prompt whose reply is our own JSON object, and describe their answers. Pure.

The questions are a project's own words: they are kept to a line each, and none of them can close the frame of a
dialogue or is a token of a chat template. A prompt version says nothing of them, so they change none.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from corpus.questions import About, Question, Type, choices_of
from jury.control_tokens import defuse

ANSWERS = "answers"
"The key of the answers in the JSON object."
INTRODUCTION = f"""
Answer these questions, too, each by its key within "{ANSWERS}". They change no label. Form:
""".strip()
NULL = {"type": "null"}
REFUSAL_KEY = "response_refusal"
"The key of the question that forms answer by themselves which say whether a response is a refusal."
REFUSAL, COMPLIANCE = "refusal", "compliance"


class JurorQuestion(Question, Protocol):
    """What a prompt reads of a question besides what the rules do."""

    @property
    def guidance(self) -> str: ...


def describe_questions(questions: Sequence[JurorQuestion]) -> str:
    """Return the part of a message that asks the questions: an introduction with the form, then a line for each."""
    form = f'{INTRODUCTION} {{"{ANSWERS}": {describe_answers(questions)}}}'
    return "\n".join([form, *map(describe_question, questions)])


def describe_question(question: JurorQuestion) -> str:
    """Return the line that asks a question: its key, what it is about, its text, how to answer, and its guidance."""
    parts = [f"- {question.key} (about the {question.about}): {one_line(question.text)}", describe_choices(question)]
    if not question.is_required:
        parts.append("null where no answer can be given.")
    return " ".join([*parts, one_line(question.guidance)]).strip()


def describe_choices(question: Question) -> str:
    """Return what a question has to choose from, in words: each value, and its name where that says more."""
    values = ", ".join(
        value if name.casefold() == value else f"{value} ({one_line(name)})"
        for value, name in choices_of(question).items()
    )
    match question.type:
        case Type.TEXT:
            return "Answer in a few words."
        case Type.MANY_OF:
            most = "at least one" if question.is_required else "none where none applies"
            return f"A list of all that apply, {most}: {values}."
        case Type.ORDINAL:
            return f"One of these, from least to most: {values}."
        case _:
            return f"One of these: {values}."


def describe_answers(questions: Sequence[JurorQuestion]) -> str:
    """Return an example of the object of answers, for the prompt."""
    return "{" + ", ".join(f'"{each.key}": {answer_form(each)}' for each in questions) + "}"


def answer_form(question: Question) -> str:
    """Return an example of one answer: the choices with bars between them, as those of labels."""
    values = "|".join(choices_of(question))
    forms: dict[str, str] = {Type.TEXT: '"<a few words>"', Type.MANY_OF: f'["{values}", …]'}
    form = forms.get(question.type, f'"{values}"')
    return form if question.is_required else f"{form}|null"


def answers_schema(questions: Sequence[JurorQuestion]) -> dict[str, Any]:
    """Return the JSON schema of the answers, in the strict subset of OpenAI's structured outputs."""
    keys = [each.key for each in questions]
    return {
        "type": "object",
        "properties": {each.key: answer_schema(each) for each in questions},
        "required": keys,
        "additionalProperties": False,
    }


def answer_schema(question: Question) -> dict[str, Any]:
    """
    Return the JSON schema of one answer.

    Null is an alternative of its own: beside an enum, a list of types is refused by some endpoints
    (https://github.com/BerriAI/litellm/pull/37882), and others forget it (https://github.com/livekit/agents/issues/5078).
    """
    text: dict[str, Any] = {"type": "string"}
    choice = text | {"enum": list(choices_of(question))}
    schemas: dict[str, dict[str, Any]] = {Type.TEXT: text, Type.MANY_OF: {"type": "array", "items": choice}}
    schema = schemas.get(question.type, choice)
    return schema if question.is_required else {"anyOf": [schema, NULL]}


def one_line(text: str) -> str:
    """Return a text of a project in one line, without tokens of chat templates."""
    return defuse(" ".join(text.split()))


def is_about_refusal(question: Question) -> bool:
    """Return whether a question is the one about refusal that some forms answer by themselves, with its two answers."""
    has_both = choices_of(question).keys() >= {REFUSAL, COMPLIANCE}
    return question.key == REFUSAL_KEY and question.about == About.RESPONSE and has_both


def refusal_value(*, is_refusal: bool) -> str:
    """Return the answer to that question."""
    return REFUSAL if is_refusal else COMPLIANCE
