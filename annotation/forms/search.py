"""The search form of a person's own votes."""

from collections.abc import Sequence
from typing import Any

from django import forms

from annotation.display_names import LABEL_WORDS
from corpus.models import Category


class SearchForm(forms.Form):
    """Words, a label and a category to search votes for."""

    words = forms.CharField(required=False, max_length=200, label="Words in the dialogue, id or note")
    label = forms.ChoiceField(required=False)
    category = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, categories: Sequence[Category], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (
            ("label", list(LABEL_WORDS.items())),
            ("category", [(category.slug, category.name) for category in categories]),
        ):
            field: Any = self.fields[name]
            field.choices = [("", "Any"), *choices]

    def criteria(self) -> dict[str, str]:
        """Return the value of every field, empty if not set; all empty if the form is invalid."""
        values = self.cleaned_data if self.is_bound and self.is_valid() else {}
        return {name: values.get(name, "") for name in self.fields}
