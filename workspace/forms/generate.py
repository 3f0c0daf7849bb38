"""The form that starts a generator."""

from typing import Any

from django import forms


class GenerateForm(forms.Form):
    """The generator, how many items, and the budget."""

    generator = forms.ChoiceField(label="Generator")
    limit = forms.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, label="Only for the first so many dialogues"
    )
    budget_usd = forms.DecimalField(
        required=False, min_value=0, max_digits=12, decimal_places=6, label="Spend no more than, in US dollars"
    )
    max_calls = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1, label="Ask no more questions than")

    def __init__(self, *args: Any, generators: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["generator"]
        field.choices = [(name, name) for name in generators]
