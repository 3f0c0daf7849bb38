"""Forms of what people say of themselves, and of the questions about it."""

from collections.abc import Sequence
from typing import Any

from django import forms

from annotation.background import LONGEST_PURPOSE, LONGEST_TEXT
from annotation.models import LEAST_PEOPLE, MOST_PEOPLE, BackgroundQuestion
from corpus.text_area import TextArea

AUTO = {"dir": "auto"}
PREFIX = "question-"
CHANGED = "The questions have changed since this page was opened. Look at them again, and save then."
GONE = {"invalid_choice": "This answer is not offered. Choose another."}


class AboutMeForm(forms.Form):
    """A person's own answers, each of which may be left out."""

    def __init__(self, *args: Any, questions: Sequence[BackgroundQuestion], own: dict[str, str], **kwargs: Any) -> None:
        """
        :param own: what the person has answered so far, by key of the question
        """
        super().__init__(*args, **kwargs)
        self.questions = questions
        for question in questions:
            choices = [("", "No answer"), *((each["value"], each["name"]) for each in question.choices)]
            self.fields[self.name_of(question)] = forms.ChoiceField(
                choices=choices,
                required=False,
                widget=forms.RadioSelect,
                label=question.text,
                initial=own.get(question.key, ""),
                error_messages=GONE,
            )

    @staticmethod
    def name_of(question: BackgroundQuestion) -> str:
        """Return the name of a question's field: its number, since another one may get its key some day."""
        return f"{PREFIX}{question.pk}"

    def clean(self) -> None:
        """
        Check that the page showed the questions that are asked.

        :raises ValidationError: if it had one that was removed since
        """
        if any(name.startswith(PREFIX) and name not in self.fields for name in self.data):
            raise forms.ValidationError(CHANGED)

    @property
    def rows(self) -> list[tuple[BackgroundQuestion, forms.BoundField]]:
        """Return each question with its field."""
        return [(question, self[self.name_of(question)]) for question in self.questions]

    @property
    def answers(self) -> dict[str, str]:
        """Return the answers of a valid form by key, an empty text where there is none."""
        names = {question.key: self.name_of(question) for question in self.questions}
        return {key: self.cleaned_data[name] for key, name in names.items() if name in self.data}


class BackgroundQuestionForm(forms.Form):
    """A new question about the people who label."""

    key = forms.CharField(
        max_length=60, label="Name in files", help_text="Small letters, digits and _, such as first_language."
    )
    text = forms.CharField(max_length=LONGEST_TEXT, label="Question", widget=forms.TextInput(attrs=AUTO))
    purpose = forms.CharField(
        max_length=LONGEST_PURPOSE,
        label="What the answers are for",
        widget=TextArea(attrs={"rows": 3, **AUTO}),
        help_text="People read it before they answer.",
    )
    choices = forms.CharField(
        label="Answers to choose one from",
        widget=TextArea(attrs={"rows": 5, **AUTO}),
        help_text="One per line: the name, or before it a name in files, as in pt = Portuguese. Few and broad ones: "
        "a group of few people is never shown.",
    )
    least_people = forms.IntegerField(
        min_value=LEAST_PEOPLE,
        max_value=MOST_PEOPLE,
        initial=LEAST_PEOPLE,
        label="People a group needs to be shown",
        help_text=f"{LEAST_PEOPLE} at least.",
    )
