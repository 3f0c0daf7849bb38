"""The form of a person's notifications."""

from django import forms

from workspace.models import DigestChoice


class DigestForm(forms.Form):
    """How often a person wants a digest, and where to."""

    rhythm = forms.ChoiceField(
        choices=DigestChoice.Rhythm.choices,
        label="Send me a digest",
        help_text="After 7 in the morning in your time zone, and only if something waits for you.",
    )
    address = forms.EmailField(
        required=False,
        label="To",
        help_text="A new address first gets a link that confirms it.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
