"""Forms to compare policies and to change the policy."""

from typing import Any

from django import forms

from adjudication.actions.policy_change import MOST_QUORUM
from corpus.models import Project

OWN = ("", "As the policy says")


class PolicyForm(forms.Form):
    """A policy with its settings; an empty setting means the policy's own."""

    policy = forms.ChoiceField(choices=Project.Policy.choices)
    quorum = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_QUORUM,
        label="Quorum (empty: its own)",
    )
    caution = forms.ChoiceField(required=False, choices=[OWN, *Project.Caution.choices], label="Needs caution")

    def to_settings(self) -> dict[str, Any]:
        """Return policy, quorum and caution as `proposal` and `change_policy` take them; only for a valid form."""
        data = self.cleaned_data
        return {"policy": data["policy"], "quorum": data["quorum"], "caution": data["caution"] or None}


class ChangePolicyForm(PolicyForm):
    """The compared policy, with the reason to change to it."""

    policy = forms.ChoiceField(choices=Project.Policy.choices, widget=forms.HiddenInput)
    quorum = forms.IntegerField(required=False, min_value=1, max_value=MOST_QUORUM, widget=forms.HiddenInput)
    caution = forms.ChoiceField(
        required=False, choices=[OWN, *Project.Caution.choices], widget=forms.HiddenInput, label="Needs caution"
    )
    reason = forms.CharField(
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
        help_text="It stays with the change, in the audit log.",
    )
    is_sure = forms.BooleanField(label="I have seen what will change")
