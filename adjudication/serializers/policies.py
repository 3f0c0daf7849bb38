"""Serializers of policies."""

from typing import Any

from rest_framework import serializers

from adjudication.actions.policy_change import MOST_QUORUM
from adjudication.policy_diff import MOST_ROWS, Difference
from adjudication.shapes import DifferenceShape
from corpus.models import Project


class PolicySerializer(serializers.Serializer[Any]):
    """A policy with its settings; null ones are the policy's own."""

    policy = serializers.ChoiceField(choices=Project.Policy.choices)
    quorum = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1, max_value=MOST_QUORUM)
    caution = serializers.ChoiceField(
        choices=Project.Caution.choices, required=False, allow_null=True, allow_blank=True, default=None
    )

    def wanted(self) -> dict[str, Any]:
        """Return the settings; call it once it is valid."""
        given = self.validated_data
        return {"policy": given["policy"], "quorum": given["quorum"], "caution": given["caution"] or None}


class CompareSerializer(PolicySerializer):
    """What to compare with, which kind of change to list, and which page of it."""

    field = serializers.CharField(required=False, default="", max_length=20)
    before = serializers.CharField(required=False, default="", max_length=20)
    after = serializers.CharField(required=False, default="", max_length=20)
    page = serializers.IntegerField(required=False, default=1, min_value=1, max_value=1_000_000)
    page_size = serializers.IntegerField(required=False, default=50, min_value=1, max_value=MOST_ROWS)


class ChangePolicySerializer(PolicySerializer):
    reason = serializers.CharField(max_length=2_000)


def as_difference(found: Difference) -> DifferenceShape:
    return {
        "from": {"policy": found.ours.name, **found.ours.settings},
        "to": {"policy": found.theirs.name, **found.theirs.settings},
        "labels": found.labels,
        "categories": found.categories,
        "cases_opened": found.opens,
        "cases_closed": found.closes,
        "statuses": {status: {"before": old, "after": new} for status, (old, new) in found.statuses.items()},
        "kinds": found.counts,
    }
