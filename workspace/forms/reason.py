"""The field for why something is done."""

from django import forms

from corpus.text_area import TextArea


class ReasonField(forms.CharField):
    """A reason in a few sentences, which stays with what was done."""

    def __init__(self, help_text: str) -> None:
        """
        :param help_text: where the reason will be read
        """
        widget = TextArea(attrs={"rows": 2, "dir": "auto"})
        super().__init__(max_length=2_000, label="Why", help_text=help_text, widget=widget)
