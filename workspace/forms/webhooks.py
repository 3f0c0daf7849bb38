"""The forms of webhooks."""

from django import forms

from workspace.models import Webhook


class WebhookForm(forms.Form):
    """Where a webhook is, and what it is told of."""

    url = forms.CharField(
        max_length=500,
        label="Address",
        help_text="Of the program that takes the messages, such as https://tools.example.org/assize.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "url"}),
    )
    kinds = forms.MultipleChoiceField(
        choices=Webhook.Kind.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[str(kind) for kind in Webhook.Kind],
        label="What to tell",
    )


class ChangeWebhookForm(WebhookForm):
    """The same of a webhook that there is, and whether it is on."""

    is_active = forms.BooleanField(
        required=False,
        label="Switched on",
        help_text="While it is off, nothing is sent, and what happens meanwhile is never told.",
    )
