"""Serializers of quality."""

from typing import Any

from rest_framework import serializers

from adjudication.policies import LEAST_SHARE, MOST_SHARE


class PromiseSerializer(serializers.Serializer[Any]):
    """The error and the risk of a promise; by default those of the project."""

    error = serializers.FloatField(
        required=False,
        min_value=LEAST_SHARE,
        max_value=MOST_SHARE,
        help_text="The share of the jurors' labels that may differ from people's; 0.05 by default.",
    )
    risk = serializers.FloatField(
        required=False,
        min_value=LEAST_SHARE,
        max_value=MOST_SHARE,
        help_text="The probability that the promise is not kept; 0.1 by default.",
    )
