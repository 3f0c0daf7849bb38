"""The form of a question."""

from collections.abc import Mapping
from typing import Any

from django import forms

from corpus.actions.questions import CHANGEABLE, MEANING
from corpus.choice_lines import choices_of_lines, lines_of_choices
from corpus.models import Question
from corpus.question_rules import LONGEST_GUIDANCE, LONGEST_KEY, LONGEST_QUESTION
from corpus.text_area import TextArea

AUTO = {"dir": "auto"}


class QuestionForm(forms.Form):
    """A question, new or to be changed."""

    key = forms.CharField(
        max_length=LONGEST_KEY,
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
        widget=TextArea(attrs={"rows": 4, **AUTO}),
    )
    type = forms.ChoiceField(choices=Question.Type.choices, label="Kind of answer")
    choices = forms.CharField(
        required=False,
        label="Answers to choose from",
        widget=TextArea(attrs={"rows": 5, **AUTO}),
        help_text="One per line, a scale from the lowest up: the name, or before it a name in files, as in "
        "mild = A little. Leave it empty for yes or no and for a text.",
    )
    about = forms.ChoiceField(choices=Question.About.choices, label="What it is about")
    asked_of = forms.ChoiceField(choices=Question.AskedOf.choices, label="Asked of")
    is_required = forms.BooleanField(required=False, initial=True, label="An answer is required")
    opens_cases = forms.BooleanField(
        required=False,
        label="Open a case where the answers are disputed",
        help_text="For yes or no, and one of several.",
    )

    def __init__(self, *args: Any, question: Question | None = None, stays_because: str = "", **kwargs: Any) -> None:
        """
        :param question: the one to change; None for a new one
        :param stays_because: why what an answer means stays; empty if it may change
        """
        super().__init__(*args, **kwargs)
        if question:
            del self.fields["key"]
        if stays_because:
            for name in MEANING:
                self.fields[name].disabled = True
                self.fields[name].help_text = f"It stays, because {stays_because}."

    def clean(self) -> dict[str, Any]:
        """Refuse another meaning, which was open to change when the page was opened: Django ignores such fields."""
        for name in MEANING:
            field = self.fields[name]
            before = self.get_initial_for_field(field, name)
            if field.disabled and meaning_of(name, self.data.get(name, before)) != meaning_of(name, before):
                self.add_error(name, field.help_text)
        return self.cleaned_data

    def values(self) -> dict[str, Any]:
        """Return the attributes of the question, without its key where it is to be changed; only for a valid form."""
        return self.cleaned_data | {"choices": choices_of_lines(self.cleaned_data["choices"])}


def initial_of(question: Question | Mapping[str, Any]) -> dict[str, Any]:
    """Return the initial values of the form for a question, or for the attributes of one to start from."""
    names = ("key", *CHANGEABLE)
    if isinstance(question, Question):
        values = {name: getattr(question, name) for name in names}
    else:
        values = {name: question[name] for name in names if name in question}
    return values | {"choices": lines_of_choices(values.get("choices", []))}


def meaning_of(name: str, text: str) -> Any:
    """Return what a field of MEANING says, however the lines of its choices end."""
    return choices_of_lines(text) if name == "choices" else text
