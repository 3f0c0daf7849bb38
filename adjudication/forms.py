"""What leads fill in on the pages of adjudication."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.text import slugify

from adjudication.history import EventWish

LONGEST_SLUG = 60


class CategoryForm(forms.Form):
    """A category to be, as corpus.actions.add_category takes it."""

    name = forms.CharField(max_length=120, widget=forms.TextInput(attrs={"dir": "auto"}))
    slug = forms.SlugField(
        max_length=LONGEST_SLUG,
        label="Short name",
        help_text="Letters, digits and _; this is what files and programs use.",
    )
    definition = forms.CharField(
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text="One or two sentences that people and models will judge by.",
    )


def suggested(text: str) -> dict[str, Any]:
    """Begin a category from a text somebody wrote for `other`."""
    name = " ".join(text.split())[:120].strip()
    return {"name": name[:1].upper() + name[1:], "slug": slug_of(name)}


def slug_of(name: str) -> str:
    """Write a name as a slug in the way of the taxonomy; empty where it has no Latin letter or digit."""
    return slugify(name).replace("-", "_")[:LONGEST_SLUG].strip("_")


class GenerateForm(forms.Form):
    """Who writes, how much, and at what price."""

    generator = forms.ChoiceField(label="Generator")
    limit = forms.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, label="Only for the first so many dialogues"
    )
    budget_usd = forms.DecimalField(
        required=False, min_value=0, max_digits=12, decimal_places=6, label="Spend no more than, in US dollars"
    )
    max_calls = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1, label="Ask no more questions than")

    def __init__(self, *args: Any, generators: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["generator"]
        field.choices = [(name, name) for name in generators]


class EventForm(forms.Form):
    """What to look for in the events of a project."""

    verb = forms.ChoiceField(required=False, label="What was done")
    actor = forms.ChoiceField(required=False, label="By whom")
    subject = forms.CharField(required=False, max_length=200, label="To what")
    text = forms.CharField(required=False, max_length=200, label="Words in it")
    since = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, verbs: Sequence[str], actors: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, values in (("verb", verbs), ("actor", actors)):
            field: Any = self.fields[name]
            field.choices = [("", "Any"), *((value, value) for value in values)]

    def wish(self) -> EventWish:
        """Give what is asked for; one that makes no sense is left out, and the form says so."""
        if not self.is_bound:
            return EventWish()
        self.is_valid()
        return EventWish(**{name: value for name, value in self.cleaned_data.items() if value})
