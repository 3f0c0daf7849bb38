"""Forms to compare policies and to change the policy."""

from typing import Any

from django import forms

from adjudication.actions.policy_change import MOST_QUORUM
from adjudication.policies import LEAST_SHARE, MOST_SHARE
from corpus.models import Project
from corpus.text_area import TextArea

OWN = ("", "As the policy says")
SHARE, PROBABILITY = Project.ScoreBy.SHARE, Project.ScoreBy.PROBABILITY
SCORES = [("", SHARE.label), (PROBABILITY.value, PROBABILITY.label)]
"Empty for the usual one, as it is stored."


def share_field(label: str, **options: Any) -> forms.FloatField:
    """Return a field for an error or a risk."""
    return forms.FloatField(required=False, min_value=LEAST_SHARE, max_value=MOST_SHARE, label=label, **options)


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

    error = share_field("Wrong at most, under certified (empty: 0.05)")
    risk = share_field("Risk, under certified (empty: 0.10)")
    score_by = forms.ChoiceField(required=False, choices=SCORES, label="Score of a label by jurors, under certified")

    def to_settings(self) -> dict[str, Any]:
        """Return the policy and its settings as `proposal` and `change_policy` take them; only for a valid form."""
        data = self.cleaned_data
        settings = {name: data[name] for name in ("policy", "quorum", "error", "risk")}
        return settings | {name: data[name] or None for name in ("caution", "score_by")}


class ChangePolicyForm(PolicyForm):
    """The compared policy, with the reason to change to it."""

    policy = forms.ChoiceField(choices=Project.Policy.choices, widget=forms.HiddenInput)
    quorum = forms.IntegerField(required=False, min_value=1, max_value=MOST_QUORUM, widget=forms.HiddenInput)
    caution = forms.ChoiceField(
        required=False, choices=[OWN, *Project.Caution.choices], widget=forms.HiddenInput, label="Needs caution"
    )
    error = share_field("Wrong at most", widget=forms.HiddenInput)
    risk = share_field("Risk", widget=forms.HiddenInput)
    score_by = forms.ChoiceField(required=False, choices=SCORES, widget=forms.HiddenInput, label="Score")
    reason = forms.CharField(
        max_length=2_000,
        widget=TextArea(attrs={"rows": 2, "dir": "auto"}),
        help_text="It stays with the change, in the audit log.",
    )
    is_sure = forms.BooleanField(label="I have seen what will change")
