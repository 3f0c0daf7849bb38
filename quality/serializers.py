"""Serializers of quality."""

from typing import Any

from rest_framework import serializers

from adjudication.panel_scores import ScoreBy
from adjudication.policies import LEAST_SHARE, MOST_SHARE


class PromiseSerializer(serializers.Serializer[Any]):
    """The error, the risk and the score of a promise; by default those of the project."""

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
    score_by = serializers.ChoiceField(
        [each.value for each in ScoreBy],
        required=False,
        help_text="The score of a label: the `share` of the ballots that give it, or the mean `probability` they give "
        "it; that of the project by default.",
    )
