"""The form that says how an uploaded file of dialogues is to be read."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from corpus.importing.forms import FORMS
from corpus.importing.options import ReadOptions

MAPPED = {
    "id": "Id", "prompt": "Prompt", "response": "Response", "messages": "Messages", "source": "Source",
    "license": "Licence",
}  # fmt: skip
"The targets that the page offers for columns; programs and the command have all."
PREFIX = "column_"
TICKED = ("on", "True", "true", "1")


class ReadingForm(forms.Form):
    """The form of the rows, the columns of a table, and whether to make ids."""

    form = forms.ChoiceField(
        required=False,
        help_text="A file is recognised by its first rows. Choose where it may be of several forms.",
        choices=[("", "Recognise it by itself"), *((form.name, form.title) for form in FORMS.values())],
    )
    make_ids = forms.BooleanField(
        required=False,
        label="Make ids from content",
        help_text="For rows without an id of their own. Rows of the same content are one dialogue.",
    )

    def __init__(self, data: Mapping[str, Any] | None, columns: Sequence[str]) -> None:
        """
        :param columns: of the file
        """
        super().__init__(data)
        choices = [("", "The one of that name"), *((column, column) for column in columns)]
        for target, label in MAPPED.items():
            self.fields[PREFIX + target] = forms.ChoiceField(required=False, label=label, choices=choices)

    @property
    def column_fields(self) -> list[forms.BoundField]:
        """Return the fields that say which column is what."""
        return [self[PREFIX + target] for target in MAPPED]

    @property
    def other_fields(self) -> list[forms.BoundField]:
        """Return the fields of any file."""
        return [self["form"], self["make_ids"]]

    def options(self) -> ReadOptions:
        """Return how the file is to be read. The form must be valid."""
        said = self.cleaned_data
        columns = {target: said[PREFIX + target] for target in MAPPED if said[PREFIX + target]}
        return ReadOptions(said["form"], columns, said["make_ids"])


def options_in(data: Mapping[str, Any]) -> ReadOptions:
    """Return the options in a query, before the columns of the file are known; names of no form are left out."""
    columns = {target: data[PREFIX + target] for target in MAPPED if data.get(PREFIX + target)}
    form = data.get("form", "")
    return ReadOptions(form if form in FORMS else "", columns, data.get("make_ids") in TICKED)
