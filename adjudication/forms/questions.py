"""The form of a question."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from corpus.choice_lines import choices_of_lines
from corpus.models import Question
from corpus.question_rules import LONGEST_GUIDANCE, LONGEST_QUESTION

MEANING = ("type", "choices", "about")
AUTO = {"dir": "auto"}


class QuestionForm(forms.Form):
    """A question, new or to be changed."""

    key = forms.CharField(
        max_length=60,
        label="Name in files",
        help_text="Small letters, digits and _, such as response_refusal. It stays.",
    )
    text = forms.CharField(
        max_length=LONGEST_QUESTION,
        label="Question",
        widget=forms.TextInput(attrs=AUTO),
    )
    guidance = forms.CharField(
        required=False,
        max_length=LONGEST_GUIDANCE,
        label="How to answer it",
        widget=forms.Textarea(attrs={"rows": 4, **AUTO}),
    )
    type = forms.ChoiceField(choices=Question.Type.choices, label="Kind of answer")
    choices = forms.CharField(
        required=False,
        label="Answers to choose from",
        widget=forms.Textarea(attrs={"rows": 5, **AUTO}),
        help_text="One a line, a scale from the lowest up: the name, or before it a name in files, as in "
        "mild = A little. None for yes or no and for a text.",
    )
    about = forms.ChoiceField(choices=Question.About.choices, label="What it is about")
    asked_of = forms.ChoiceField(choices=Question.AskedOf.choices, label="Whom it is asked")
    is_required = forms.BooleanField(required=False, initial=True, label="It must be answered")
    opens_cases = forms.BooleanField(
        required=False,
        label="Open a case where the answers are disputed",
        help_text="For yes or no, and one of several.",
    )

    def __init__(self, *args: Any, question: Question | None = None, is_answered: bool = False, **kwargs: Any) -> None:
        """
        :param question: the one to change; None for a new one
        :param is_answered: whether anybody has answered it, so that what an answer means stays
        """
        super().__init__(*args, **kwargs)
        if question:
            del self.fields["key"]
        if is_answered:
            for name in MEANING:
                self.fields[name].disabled = True
                self.fields[name].help_text = "It stays, because the question has answers."

    def values(self) -> dict[str, Any]:
        """Return the attributes of the question; only for a valid form."""
        return self.cleaned_data | {"choices": choices_of_lines(self.cleaned_data["choices"])}


def initial_of(question: Question | Mapping[str, Any]) -> dict[str, Any]:
    """Return the initial values of the form for a question, or for the attributes of one to start from."""
    names = ("key", "text", "guidance", "type", "about", "asked_of", "is_required", "opens_cases", "choices")
    if isinstance(question, Question):
        values = {name: getattr(question, name) for name in names}
    else:
        values = {name: question[name] for name in names if name in question}
    return values | {"choices": lines_of_choices(values.get("choices", []))}


def lines_of_choices(choices: Iterable[Mapping[str, str]]) -> str:
    """Return choices as a text with one a line."""
    return "\n".join(f"{choice['value']} = {choice['name']}" for choice in choices)
