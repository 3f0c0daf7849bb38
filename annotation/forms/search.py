from collections.abc import Sequence
from typing import Any

from django import forms

from annotation.display_names import LABEL_WORDS
from corpus.models import Category


class SearchForm(forms.Form):
    words = forms.CharField(required=False, max_length=200, label="Words of the dialogue, its id, or my note")
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

    def wanted(self) -> dict[str, str]:
        """Return what is asked for, each wish empty where there is none; one that makes no sense asks for nothing."""
        given = self.cleaned_data if self.is_bound and self.is_valid() else {}
        return {name: given.get(name, "") for name in self.fields}
