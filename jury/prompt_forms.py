"""Forms of drafts of prompts."""

from typing import Any

from django import forms

from corpus.models import Project
from corpus.text_area import TextArea
from jury import queries
from jury.models import Juror


class NewDraftForm(forms.Form):
    """Begin a draft with the text of a prompt version."""

    based_on = forms.ChoiceField(label="Begin with the text of")
    name = forms.CharField(
        max_length=60,
        label="Name of the new version",
        help_text="Letters, digits, hyphens and underscores. Unique in this site; it can change until you freeze it.",
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["based_on"]
        field.choices = [(name, name) for name in queries.prompts_for(project).values_list("name", flat=True)]


class DraftForm(forms.Form):
    """The text of a draft, with the revision that it was opened at."""

    name = forms.CharField(max_length=60, label="Name")
    text = forms.CharField(
        strip=False,
        required=False,
        label="Text, in TOML",
        widget=TextArea(attrs={"rows": 24, "spellcheck": "false", "dir": "ltr", "class": "code"}),
    )
    revision = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)


class TryDraftForm(forms.Form):
    """With which juror or generator to try a draft."""

    juror = forms.ModelChoiceField(Juror.objects.none(), label="Juror", empty_label=None)

    def __init__(self, *args: Any, project: Project, is_generative: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["juror"]
        asked = queries.generators_of(project) if is_generative else queries.jurors_of(project)
        field.queryset = asked.exclude(base_url="")
