"""The form that starts a generator."""

from typing import Any

from django import forms

from jury.forms import BudgetForm


class GenerateForm(BudgetForm):
    """The generator, how many items, and the budget."""

    generator = forms.ChoiceField(label="Generator")
    field_order = ("generator",)

    def __init__(self, *args: Any, generators: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["generator"]
        field.choices = [(name, name) for name in generators]
