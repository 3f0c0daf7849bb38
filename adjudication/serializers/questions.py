"""Request bodies of the routes of questions. What a value may be is checked by the action."""

from typing import Any

from rest_framework import serializers

from corpus.models import Question
from corpus.question_rules import LONGEST_GUIDANCE, LONGEST_KEY, LONGEST_NAME, LONGEST_QUESTION, MOST_QUESTIONS


class ChoiceSerializer(serializers.Serializer[Any]):
    """One of the answers to choose from."""

    value = serializers.CharField(max_length=60, help_text="In JSON and files: small letters, digits and `_`.")
    name = serializers.CharField(max_length=LONGEST_NAME, required=False, help_text="For people; else the value.")


class ChangeableSerializer(serializers.Serializer[Any]):
    """What may be said of a question, new or not."""

    text = serializers.CharField(max_length=LONGEST_QUESTION)
    guidance = serializers.CharField(max_length=LONGEST_GUIDANCE, allow_blank=True, required=False)
    type = serializers.ChoiceField(Question.Type.values)
    choices = ChoiceSerializer(
        many=True,
        required=False,
        help_text="For `one_of`, `many_of` and `ordinal`, there from the lowest up.",
    )
    asked_of = serializers.ChoiceField(Question.AskedOf.values, required=False)
    about = serializers.ChoiceField(Question.About.values, required=False)
    is_required = serializers.BooleanField(required=False)
    opens_cases = serializers.BooleanField(
        required=False, help_text="Whether a disputed answer opens a case: for `yes_no` and `one_of`."
    )


class QuestionSerializer(ChangeableSerializer):
    """A new question."""

    key = serializers.CharField(
        max_length=LONGEST_KEY, help_text="In JSON and files: small letters, digits and `_`. It stays."
    )


class ChangeQuestionSerializer(ChangeableSerializer):
    """Changes of a question. `type`, `choices` and `about` stay once anybody has answered it."""

    is_retired = serializers.BooleanField(required=False, help_text="True as DELETE; false asks it again.")
    position = serializers.IntegerField(
        min_value=1, max_value=MOST_QUESTIONS, required=False, help_text="Its place among all questions, from 1."
    )
