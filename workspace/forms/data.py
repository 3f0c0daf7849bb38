"""Forms to upload a file and to search items."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from adjudication.models import Decision
from corpus.errors import Invalid
from corpus.models import Category
from workspace.models import Job


def check_one_file(files: MultiValueDict[str, Any]) -> None:
    """
    Check that a form has no file besides one in its part `file`, of which nobody would learn that it is not read.

    :raises Invalid: naming the part that is too much
    """
    for name, sent in files.lists():
        if name != "file":
            raise Invalid(name, "a file comes in this part; only the part file may be one")
        if len(sent) > 1:
            raise Invalid(name, f"{len(sent):,} files come in this part; send one at a time")


class UploadForm(forms.Form):
    """A file to import, and whether it holds dialogues or votes."""

    file = forms.FileField(
        label="File", help_text="JSON lines, a JSON array, CSV or Parquet, each also gzipped; all of it or nothing."
    )
    kind = forms.ChoiceField(
        label="It holds", choices=[(Job.Kind.DIALOGUES, "Dialogues"), (Job.Kind.VOTES, "Votes made elsewhere")]
    )

    def clean(self) -> None:
        """
        Check that no other file was sent.

        :raises ValidationError: if one was
        """
        try:
            check_one_file(self.files)
        except Invalid as error:
            raise forms.ValidationError(f"{error.field}: {error.reason}.") from error


class ItemForm(forms.Form):
    """Filters of the item list."""

    id = forms.CharField(required=False, max_length=200, label="Id begins with")
    text = forms.CharField(required=False, max_length=200, label="Words in it")
    status = forms.ChoiceField(
        required=False,
        label="Status",
        choices=[("", "Any"), *Decision.Status.choices, ("withdrawn", "Withdrawn")],
    )
    source = forms.ChoiceField(required=False, label="Source")
    category = forms.ChoiceField(required=False, label="Category")

    def __init__(self, *args: Any, categories: Sequence[Category], sources: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        options = {
            "source": [(source, source) for source in sources],
            "category": [(category.slug, category.name) for category in categories],
        }
        for name, choices in options.items():
            field: Any = self.fields[name]
            field.choices = [("", "Any"), *choices]

    def to_filter(self) -> dict[str, str]:
        """Return the filters that are set, by field name. An invalid form filters nothing and shows its errors."""
        if not self.is_valid():
            return {}
        return {name: value for name, value in self.cleaned_data.items() if value}
