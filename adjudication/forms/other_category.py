"""The form that makes a category of a text written for `other`."""

from typing import Any

from django import forms
from django.utils.text import slugify

LONGEST_SLUG = 60


class CategoryForm(forms.Form):
    """A new category, with the fields that corpus.actions.add_category needs."""

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


def suggest_category(text: str) -> dict[str, Any]:
    """Return the initial name and slug of a category from a text written for `other`."""
    name = " ".join(text.split())[:120].strip()
    return {"name": name[:1].upper() + name[1:], "slug": slug_of(name)}


def slug_of(name: str) -> str:
    """Return a name as a slug of the taxonomy, with `_`; empty if the name has no Latin letter or digit."""
    return slugify(name).replace("-", "_")[:LONGEST_SLUG].strip("_")
