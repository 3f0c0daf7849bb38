"""Forms of the pages of cases."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from adjudication.actions.blind_answers import FINAL
from adjudication.actions.settling import MOST_VOTES
from adjudication.models import CaseSettings
from adjudication.queries.case_filters import MARGINS, STATES, CaseFilter
from annotation.display_names import LABEL_WORDS
from annotation.forms.judgement import JudgementForm
from corpus.labels import FIELDS, Judgement
from corpus.models import Category
from corpus.text_area import TextArea

STATE_WORDS = dict(
    zip(
        STATES,
        ("Open", "Settled", "New opinions", "Second answer wanted", "Reopened", "Closed"),
        strict=True,
    )
)


class FinalForm(JudgementForm):
    """An adjudicator's labels, blind or final: each is safe or unsafe."""

    seen = forms.CharField(required=False, max_length=64)
    "The etag of the opinions that the page showed."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in FIELDS:
            field: Any = self.fields[name]
            field.choices = [(label, LABEL_WORDS[label]) for label in FINAL]

    def judgement(self) -> Judgement:
        """Return the labels; only for a valid form."""
        return self.to_answer().judgement


class CaseFilterForm(forms.Form):
    """Which cases to list."""

    state = forms.ChoiceField(choices=list(STATE_WORDS.items()), required=False, widget=forms.HiddenInput)
    sort = forms.CharField(required=False, widget=forms.HiddenInput)
    field = forms.ChoiceField(required=False, label="Disputed field")
    source = forms.ChoiceField(required=False)
    category = forms.ChoiceField(required=False, label="Category named")
    margin = forms.ChoiceField(choices=[("", "Any"), *MARGINS.items()], required=False)

    def __init__(
        self,
        *args: Any,
        categories: Sequence[Category],
        sources: Sequence[str],
        disputed: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        """:param disputed: words for the label fields and questions to choose from, by name"""
        super().__init__(*args, **kwargs)
        for name, choices in (
            ("field", list(disputed.items())),
            ("source", [(source, source) for source in sources]),
            ("category", [(category.slug, category.name) for category in categories]),
        ):
            field: Any = self.fields[name]
            field.choices = [("", "Any"), *choices]

    def to_filter(self) -> CaseFilter:
        """Return the filter; for an invalid form, the one that lists all open cases."""
        values = self.cleaned_data if self.is_bound and self.is_valid() else {}
        return CaseFilter(**{name: value for name, value in values.items() if value and name != "sort"})


class SendBackForm(forms.Form):
    """Why, and how many more votes to ask for."""

    reason = forms.CharField(
        required=False, max_length=10_000, label="Why", widget=forms.TextInput(attrs={"dir": "auto"})
    )
    votes = forms.IntegerField(
        min_value=1,
        max_value=MOST_VOTES,
        initial=2,
        label="How many more votes",
        error_messages=dict.fromkeys(("min_value", "max_value"), f"Choose a number from 1 to {MOST_VOTES}."),
    )


class ReopenForm(forms.Form):
    """Why a settlement ends, and whether a case stays open whatever the opinions decide."""

    reason = forms.CharField(
        max_length=10_000,
        label="Why should it be looked at anew?",
        widget=TextArea(attrs={"rows": 2, "dir": "auto"}),
    )
    keeps_open = forms.BooleanField(required=False, label="Open a case even if the opinions decide it by now")


class CaseSettingsForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """How a project settles its cases."""

    class Meta:
        model = CaseSettings
        fields = ["hold_minutes", "wants_second"]
        labels = {
            "hold_minutes": "Minutes a case is held for one adjudicator",
            "wants_second": "A second answer on every settled case",
        }
        help_texts = {"wants_second": "Another adjudicator is asked to label it blind."}
