"""The form of a project's list of terms for identity groups."""

from django import forms

from corpus.actions.groups import LONGEST_NOTE
from corpus.groups.terms import MOST_BYTES
from corpus.text_area import TextArea


class GroupTermsForm(forms.Form):
    """The next version of the list."""

    terms = forms.CharField(
        label="Terms",
        max_length=MOST_BYTES,
        widget=TextArea(attrs={"rows": 18, "dir": "auto", "spellcheck": "false", "class": "code"}),
        help_text="CSV with the columns attribute, group, language, form and term.",
    )
    note = forms.CharField(
        label="What changes, and why", max_length=LONGEST_NOTE, widget=forms.TextInput({"dir": "auto"})
    )
    after = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
