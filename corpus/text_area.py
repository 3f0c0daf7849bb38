"""The form widget of texts of several lines."""

from collections.abc import Mapping
from typing import Any

from django import forms


class TextArea(forms.Textarea):  # noqa: TID251 - all others take this one
    """
    Django's, with line ends of one character.

    Browsers send two for each, but count one for `maxlength` and in scripts: the "API value" of the HTML standard.
    """

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        """Return the text as the page had it."""
        value = super().value_from_datadict(data, files, name)
        return value.replace("\r\n", "\n") if isinstance(value, str) else value
