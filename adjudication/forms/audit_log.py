"""The filters of the audit log."""

from collections.abc import Sequence
from typing import Any

from django import forms

from adjudication.queries.audit_log import PROJECT_VERBS, EventFilter


class EventForm(forms.Form):
    """Which events of a project to list."""

    verb = forms.ChoiceField(required=False, label="What was done")
    actor = forms.ChoiceField(required=False, label="By whom")
    subject = forms.CharField(required=False, max_length=200, label="To what")
    text = forms.CharField(required=False, max_length=200, label="Words in it")
    since = forms.DateField(required=False, label="From the day (UTC)", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label="To the day (UTC)", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, actors: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, values in (("verb", PROJECT_VERBS), ("actor", actors)):
            field: Any = self.fields[name]
            field.choices = [("", "Any"), *((value, value) for value in values)]

    def to_filter(self) -> EventFilter:
        """Return the filter; invalid fields are left out, and the form shows why."""
        if not self.is_bound:
            return EventFilter()
        self.is_valid()
        return EventFilter(**{name: value for name, value in self.cleaned_data.items() if value})
