"""The form that makes an API token."""

from typing import Any

from django import forms

from corpus.actions.tokens import MOST_DAYS
from corpus.models import Project, TokenGrant


class TokenForm(forms.Form):
    """A new token. It may do only what its owner may do, and only what is ticked."""

    name = forms.CharField(
        max_length=100, label="What it is for", help_text="As “nightly export”; you and admins see it."
    )
    scopes = forms.MultipleChoiceField(
        choices=TokenGrant.Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[TokenGrant.Scope.READ],
        label="What it may do",
    )
    project = forms.ModelChoiceField(
        Project.objects.none(), required=False, empty_label="All projects of mine", to_field_name="slug"
    )
    days = forms.IntegerField(min_value=1, max_value=MOST_DAYS, initial=90, label="Days until it expires")

    def __init__(self, *args: Any, projects: list[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own: Any = self.fields["project"]
        own.queryset = Project.objects.filter(pk__in=[project.pk for project in projects]).order_by("slug")
