"""The form in which a lead writes the next version of a guideline."""

from collections.abc import Sequence
from typing import Any

from django import forms

from annotation.models import GuidelineVersion
from annotation.queries import Guidance
from corpus.text_area import TextArea

LONGEST_TEXT = 100_000
BLANK_QUESTIONS = 2


class GuidelineForm(forms.Form):
    """The next version of a guideline: a body, two lists per category, and questions with answers."""

    after = forms.CharField(max_length=60, widget=forms.HiddenInput)
    summary = forms.CharField(max_length=500, label="What changes, in a sentence")
    body = forms.CharField(max_length=LONGEST_TEXT, label="In general", widget=TextArea(attrs={"rows": 12}))

    def __init__(
        self, *args: Any, version: GuidelineVersion, guidance: Sequence[Guidance], asked: str = "", **kwargs: Any
    ) -> None:
        """
        :param asked: a question to begin with, if the version does not answer it
        """
        kwargs.setdefault("initial", {"after": version.name, "body": version.body})
        super().__init__(*args, **kwargs)
        self.guidance = guidance
        for each in guidance:
            self.add_text_field(f"in-{each.slug}", f"{each.name}: included, one per line", "\n".join(each.included))
            self.add_text_field(
                f"out-{each.slug}", f"{each.name}: not included, one per line", "\n".join(each.excluded)
            )
        self.questions = max(len(version.faq), self.count_posted()) + BLANK_QUESTIONS
        begun = (
            [] if asked in ("", *(each["question"] for each in version.faq)) else [{"question": asked, "answer": ""}]
        )
        for at in range(self.questions):
            known = dict(enumerate([*version.faq, *begun])).get(at, {"question": "", "answer": ""})
            self.add_text_field(f"question-{at}", f"Question {at + 1}", known["question"], rows=1)
            self.add_text_field(f"answer-{at}", f"Answer {at + 1}", known["answer"])

    def add_text_field(self, name: str, label: str, initial: str, *, rows: int = 3) -> None:
        """Add an optional text field of several lines."""
        text = TextArea(attrs={"rows": rows, "dir": "auto"})
        self.fields[name] = forms.CharField(
            required=False, max_length=LONGEST_TEXT, label=label, initial=initial, widget=text
        )

    def count_posted(self) -> int:
        """Return how many questions with content the posted form may have."""
        return sum(1 for name in self.data if name.startswith("question-")) - BLANK_QUESTIONS if self.is_bound else 0

    def clean(self) -> dict[str, Any]:
        """Check that every question has an answer, and every answer a question."""
        values = super().clean() or {}
        for at in range(self.questions):
            if bool(values.get(f"question-{at}")) != bool(values.get(f"answer-{at}")):
                self.add_error(f"question-{at}", "A question needs an answer, and an answer a question.")
        return values

    def content(self) -> dict[str, Any]:
        """Return the content as keyword arguments of `publish_guideline`."""
        values = self.cleaned_data
        entries = {
            each.slug: {
                "included": non_blank_lines(values[f"in-{each.slug}"]),
                "excluded": non_blank_lines(values[f"out-{each.slug}"]),
            }
            for each in self.guidance
        }
        pairs = [(values[f"question-{at}"], values[f"answer-{at}"]) for at in range(self.questions)]
        return {
            "after": values["after"],
            "summary": values["summary"],
            "body": values["body"],
            "entries": entries,
            "faq": [{"question": question, "answer": answer} for question, answer in pairs if question],
        }


def non_blank_lines(text: str) -> list[str]:
    """Split a text into its lines, without blank ones."""
    return [line.strip() for line in text.splitlines() if line.strip()]
