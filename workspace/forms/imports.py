"""The form that uploads a file."""

from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from corpus.errors import Invalid
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
        label="File",
        help_text="JSON lines, a JSON array, CSV or Parquet, each also gzipped. Rows that cannot be read are listed "
        "with the reason; the others are imported.",
    )
    kind = forms.ChoiceField(
        label="It contains", choices=[(Job.Kind.DIALOGUES, "Dialogues"), (Job.Kind.VOTES, "Votes made elsewhere")]
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
