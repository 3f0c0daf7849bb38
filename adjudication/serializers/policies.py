"""Serializers of policies."""

from typing import Any

from rest_framework import serializers

from adjudication.actions.policy_change import MOST_QUORUM
from adjudication.policies import LEAST_SHARE, MOST_SHARE
from adjudication.policy_diff import MOST_ROWS, Difference
from adjudication.shapes import DifferenceShape
from corpus.models import Project


class PolicySerializer(serializers.Serializer[Any]):
    """A policy with its settings; a null setting means the policy's own."""

    policy = serializers.ChoiceField(choices=Project.Policy.choices)
    quorum = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1, max_value=MOST_QUORUM)
    caution = serializers.ChoiceField(
        choices=Project.Caution.choices, required=False, allow_null=True, allow_blank=True, default=None
    )

    error = serializers.FloatField(
        required=False, allow_null=True, default=None, min_value=LEAST_SHARE, max_value=MOST_SHARE,
        help_text="Under `certified`: the largest share of labels by jurors alone that may be wrong; null for 0.05.",
    )  # fmt: skip
    risk = serializers.FloatField(
        required=False, allow_null=True, default=None, min_value=LEAST_SHARE, max_value=MOST_SHARE,
        help_text="Under `certified`: the probability that this is not kept; null for 0.10.",
    )  # fmt: skip
    score_by = serializers.ChoiceField(
        choices=Project.ScoreBy.values, required=False, allow_null=True, allow_blank=True, default=None,
        help_text="Under `certified`, what the score of a label by jurors is: the `share` of the ballots that give it, "
        "or the mean `probability` that they give it; null for `share`.",
    )  # fmt: skip

    def to_settings(self) -> dict[str, Any]:
        """Return the policy and its settings as `proposal` and `change_policy` take them; only for valid data."""
        data = self.validated_data
        settings = {name: data[name] for name in ("policy", "quorum", "error", "risk")}
        return settings | {name: data[name] or None for name in ("caution", "score_by")}


class CompareSerializer(PolicySerializer):
    """The policy to compare with, the changes to list, and the page of them."""

    field = serializers.CharField(required=False, default="", max_length=20)
    before = serializers.CharField(required=False, default="", max_length=20)
    after = serializers.CharField(required=False, default="", max_length=20)
    page = serializers.IntegerField(required=False, default=1, min_value=1, max_value=1_000_000)
    page_size = serializers.IntegerField(required=False, default=50, min_value=1, max_value=MOST_ROWS)


class ChangePolicySerializer(PolicySerializer):
    """The policy to change to, and why."""

    reason = serializers.CharField(max_length=2_000)


def as_difference(difference: Difference) -> DifferenceShape:
    """Return a difference as the API shows it."""
    return {
        "from": {"policy": difference.current.name, **difference.current.settings},
        "to": {"policy": difference.proposed.name, **difference.proposed.settings},
        "labels": difference.labels,
        "categories": difference.categories,
        "cases_opened": difference.cases_opened,
        "cases_closed": difference.cases_closed,
        "statuses": {status: {"before": old, "after": new} for status, (old, new) in difference.statuses.items()},
        "kinds": difference.counts,
    }
