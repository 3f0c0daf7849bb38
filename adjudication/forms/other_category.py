"""The form that makes a category of what raters called `other`."""

from typing import Any

from django import forms
from django.utils.text import slugify

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
