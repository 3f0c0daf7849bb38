"""The form that adds a category, starting from a text that somebody wrote for `other`."""

from typing import Any

from django import forms
from django.utils.text import slugify

from corpus.slug_field import SlugField
from corpus.text_area import TextArea

LONGEST_NAME = 120
LONGEST_SLUG = 60


class CategoryForm(forms.Form):
    """A new category; the fields are the arguments of `corpus.actions.add_category`."""

    name = forms.CharField(max_length=LONGEST_NAME, widget=forms.TextInput(attrs={"dir": "auto"}))
    slug = SlugField(
        max_length=LONGEST_SLUG,
        label="Name in files",
        help_text="Letters, digits and _. Files and programs use it; it never changes.",
    )
    definition = forms.CharField(
        max_length=2_000,
        widget=TextArea(attrs={"rows": 3, "dir": "auto"}),
        help_text="One or two sentences that people and models will judge by.",
    )


def suggest_category(text: str) -> dict[str, Any]:
    """Return initial values for the form: a text written for `other` as a name, and its slug."""
    name = " ".join(text.split())[:LONGEST_NAME].strip()
    return {"name": name[:1].upper() + name[1:], "slug": slug_of(name)}


def slug_of(name: str) -> str:
    """Return the slug of a name, with `_` between words; empty if the name has no Latin letter or digit."""
    return slugify(name).replace("-", "_")[:LONGEST_SLUG].strip("_")
