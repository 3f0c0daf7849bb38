"""Forms to make and compare releases."""

from collections.abc import Sequence
from typing import Any

from django import forms

from adjudication.policies import POLICIES
from releases.spec import ReleaseSpec


class ReleaseForm(forms.Form):
    """The settings of a new release."""

    version = forms.CharField(max_length=60, label="Version, as 1.0")
    policy = forms.ChoiceField(required=False, label="Policy")
    train = forms.FloatField(min_value=0, max_value=100, initial=90, label="Percent in train")
    validation = forms.FloatField(min_value=0, max_value=100, initial=4, label="Percent in validation")
    test = forms.FloatField(min_value=0, max_value=100, initial=6, label="Percent in test")
    seed = forms.IntegerField(initial=0, min_value=-(2**63), max_value=2**63 - 1, label="Seed of the splits")
    date = forms.DateField(
        required=False, widget=forms.DateInput(attrs={"type": "date"}), label="Date in the files (the only one)"
    )
    licenses = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label="Only under these licences (none ticked: all)"
    )
    truncate = forms.BooleanField(required=False, label="Published form: first user and first assistant turn alone")

    def __init__(self, *args: Any, own_policy: str, licenses: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["policy"]
        others = [(name, name) for name in sorted(POLICIES) if name != own_policy]
        field.choices = [("", f"The project's own: {own_policy}"), *others]
        field = self.fields["licenses"]
        field.choices = [(name, name) for name in licenses if name]

    def to_spec(self) -> ReleaseSpec:
        """Return the cleaned data as a spec; percentages become shares."""
        data = self.cleaned_data
        return ReleaseSpec(
            version=data["version"],
            splits=(data["train"] / 100, data["validation"] / 100, data["test"] / 100),
            seed=data["seed"],
            licenses=tuple(data["licenses"]) or None,
            date=data["date"].isoformat() if data["date"] else None,
            truncate=data["truncate"],
        )


class CompareForm(forms.Form):
    """Two releases to compare."""

    before = forms.ChoiceField(label="From")
    after = forms.ChoiceField(label="To")

    def __init__(self, *args: Any, versions: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("before", "after"):
            field: Any = self.fields[name]
            field.choices = [(version, version) for version in versions]
