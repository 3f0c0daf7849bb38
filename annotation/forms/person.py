"""The form of a person's preferences."""

from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from annotation.days import find_zone
from annotation.models import Person
from annotation.queries.zones import known_zones
from corpus.models import Category


class ZoneSelect(forms.Select):
    """A choice of hundreds of options, for each of which the template of Django's own would render two more."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:  # noqa: ARG002
        """Return the HTML that Django's own widget has, but for white space."""
        chosen = self.format_value(value)
        options = format_html_join(
            "\n",
            '<option value="{}"{}>{}</option>',
            ((key, flatatt({"selected": str(key) in chosen}), label) for key, label in self.choices),
        )
        return format_html(
            "<select{}>{}</select>", flatatt({"name": name} | self.build_attrs(self.attrs, attrs)), options
        )


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]  # takes none at run time
    """How a person wants to work."""

    opted_out = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Do not show me dialogues about",
        help_text="The queue obeys where a dialogue's categories are expected; skip the others.",
    )

    class Meta:
        model = Person
        fields = ("masks_text", "daily_cap", "break_after_minutes", "time_zone", "opted_out")
        labels = {
            "masks_text": "Hide every dialogue until I show it",
            "daily_cap": "Votes a day, at most",
            "break_after_minutes": "Minutes of work before a break",
            "time_zone": "My time zone",
        }
        help_texts = {
            "daily_cap": "Leave empty for no limit of your own. A lower limit of the project still applies.",
            "break_after_minutes": "Leave empty for the project's setting.",
            "time_zone": "Your days begin at midnight there. Today ends at the midnight it began with.",
        }

    def __init__(self, *args: Any, categories: list[Category], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["opted_out"]
        unknown = set(self.instance.opted_out) - {category.slug for category in categories}
        field.choices = [(category.slug, category.name) for category in categories] + [(slug, slug) for slug in unknown]
        if not find_zone(self.instance.time_zone):
            self.initial["time_zone"] = "UTC"  # as which it counts
        self.fields["time_zone"].widget = ZoneSelect(choices=[(name, name) for name in sorted(known_zones())])

    def clean_time_zone(self) -> str:
        """Check that the time zone exists."""
        zone: str = self.cleaned_data["time_zone"]
        if zone not in known_zones():
            raise forms.ValidationError("There is no such time zone.")
        return zone
