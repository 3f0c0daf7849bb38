"""The form that searches items."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms

from adjudication.models import Decision
from annotation.display_names import LABEL_WORDS
from corpus.grouped_forms import GroupedForm
from corpus.labels import FIELDS, Label
from corpus.models import Category
from workspace.queries.items import SORTS

DECIDED_LABELS = [(label.value, LABEL_WORDS[label.value]) for label in (Label.SAFE, Label.UNSAFE)]
"The labels of decisions: what needs_caution counts as is decided, too."


class ItemForm(GroupedForm, forms.Form):
    """Filters of the item list."""

    MORE = ("source", "license", *(str(field) for field in FIELDS))
    FOLDED: ClassVar = {"More filters": MORE}

    id = forms.CharField(required=False, max_length=200, label="Id begins with")
    text = forms.CharField(required=False, max_length=200, label="Words in it")
    status = forms.ChoiceField(
        required=False,
        label="Status",
        choices=[("", "Any"), *Decision.Status.choices, ("withdrawn", "Withdrawn")],
    )
    source = forms.ChoiceField(required=False, label="Source")
    license = forms.ChoiceField(required=False, label="Licence")
    category = forms.ChoiceField(required=False, label="Category")

    def __init__(
        self,
        *args: Any,
        categories: Sequence[Category],
        sources: Sequence[str],
        licenses: Sequence[str],
        label_fields: Sequence[str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        options = {
            "source": [(source, source) for source in sources],
            "license": [(name, name) for name in licenses],
            "category": [(category.slug, category.name) for category in categories],
        }
        for name, choices in options.items():
            field: Any = self.fields[name]
            field.choices = [("", "Any"), *choices]
        for each in FIELDS:
            if each in label_fields:
                choice = forms.ChoiceField(
                    required=False, label=f"{each.display_name} label", choices=[("", "Any"), *DECIDED_LABELS]
                )
                self.fields[each.value] = choice

    def to_filter(self) -> dict[str, str]:
        """Return the filters that are set, by field name. An invalid form filters nothing and shows its errors."""
        if not self.is_valid():
            return {}
        return {name: value for name, value in self.cleaned_data.items() if value}


class PlaceForm(forms.Form):
    """The order of the item list, and the item beyond which the page begins; what is odd is left out."""

    sort = forms.ChoiceField(required=False, choices=[(sign + name, name) for name in SORTS for sign in ("", "-")])
    after = forms.CharField(required=False, strip=False, max_length=10_000)
    before = forms.CharField(required=False, strip=False, max_length=10_000)
    at = forms.ChoiceField(required=False, choices=[("last", "last")])

    def to_place(self) -> dict[str, str]:
        """Return what is set and valid, by field name."""
        self.full_clean()
        return {name: value for name, value in self.cleaned_data.items() if value}
