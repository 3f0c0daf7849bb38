"""The filters of the audit log."""

from collections.abc import Sequence
from typing import Any

from django import forms

from adjudication.queries.audit_log import PROJECT_VERBS, EventFilter
from corpus.models import Verb


class EventForm(forms.Form):
    """Which events of a project to list."""

    verb = forms.ChoiceField(required=False, label="What")
    actor = forms.ChoiceField(required=False, label="Who")
    subject = forms.CharField(required=False, max_length=200, label="About")
    text = forms.CharField(required=False, max_length=200, label="Text")
    since = forms.DateField(required=False, label="From (day in UTC)", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label="Until (day in UTC)", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, actors: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        verbs = sorted(((verb, Verb(verb).label) for verb in PROJECT_VERBS), key=lambda pair: pair[1])
        for name, choices in (("verb", verbs), ("actor", [(actor, actor) for actor in actors])):
            field: Any = self.fields[name]
            field.choices = [("", "Any"), *choices]

    def to_filter(self) -> EventFilter:
        """Return the filter; invalid fields are left out, and the form shows why."""
        if not self.is_bound:
            return EventFilter()
        self.is_valid()
        return EventFilter(**{name: value for name, value in self.cleaned_data.items() if value})
