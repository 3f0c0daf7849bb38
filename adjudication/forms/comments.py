"""The form of a comment."""

from django import forms

from adjudication.actions.comments import LONGEST_COMMENT
from corpus.text_area import TextArea


class CommentForm(forms.Form):
    """A comment on an item."""

    text = forms.CharField(
        max_length=LONGEST_COMMENT,
        label="Comment",
        widget=TextArea(attrs={"rows": 3, "dir": "auto"}),
        error_messages={"required": "Write something."},
    )
