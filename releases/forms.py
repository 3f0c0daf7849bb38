"""Forms to make and compare releases."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms

from adjudication.policies import POLICIES
from corpus.grouped_forms import GroupedForm
from corpus.models import Project
from releases.spec import ReleaseSpec


class ReleaseForm(GroupedForm, forms.Form):
    """The settings of a new release."""

    version = forms.CharField(max_length=60, label="Version", help_text="Such as 1.0; no other release may have it.")
    train = forms.FloatField(min_value=0, max_value=100, initial=90, label="Train, %")
    validation = forms.FloatField(min_value=0, max_value=100, initial=4, label="Validation, %")
    test = forms.FloatField(
        min_value=0, max_value=100, initial=6, label="Test, %", help_text="The three add up to 100."
    )
    seed = forms.IntegerField(
        initial=0,
        min_value=-(2**63),
        max_value=2**63 - 1,
        label="Seed of the splits",
        help_text="With the same seed a prompt is in the same split of every release.",
    )
    split_by = forms.ChoiceField(
        required=False,
        label="Kept in one split",
        help_text="Near-duplicates differ in one word of ten or so. Of cut dialogues, equal prompts are kept together.",
    )
    policy = forms.ChoiceField(required=False, label="Policy")
    date = forms.DateField(
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        label="Date in the files",
        help_text="Leave it empty for files without a date.",
    )
    licenses = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Licences",
        help_text="Release only dialogues under those ticked. Tick none to release all.",
    )
    truncate = forms.BooleanField(
        required=False,
        label="Only the first user turn and the first assistant turn",
        help_text="As prompt and response. The Parquet files have all turns besides.",
    )
    FOLDED: ClassVar = {
        "Splits": ("train", "validation", "test", "split_by", "seed"),
        "Policy, licences and form": ("policy", "licenses", "truncate", "date"),
    }

    def __init__(self, *args: Any, own_policy: str, own_split_by: str, licenses: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        split_by: Any = self.fields["split_by"]
        own_name = Project.SplitBy(own_split_by).label.lower()
        split_by.choices = [("", f"The project's own: {own_name}"), *Project.SplitBy.choices]
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
            split_by=data["split_by"] or None,
            licenses=tuple(data["licenses"]) or None,
            date=data["date"].isoformat() if data["date"] else None,
            truncate=data["truncate"],
        )


class PushForm(forms.Form):
    """Where a release is pushed to, and with which key."""

    to = forms.CharField(
        max_length=300,
        label="Place",
        help_text="hf:NAMESPACE/NAME, a dataset of the Hugging Face Hub; or s3://BUCKET/PREFIX, a folder of a bucket.",
    )
    key_name = forms.CharField(
        required=False,
        max_length=70,
        label="Variable with the key",
        help_text="The name of a variable of the worker, never the key itself. Empty: PUSH_KEY_HF or PUSH_KEY_S3.",
    )
    is_public = forms.BooleanField(
        required=False,
        label="Everybody may read a new dataset of the Hub",
        help_text="Otherwise it is private. Who may read a bucket, its own rules say.",
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
