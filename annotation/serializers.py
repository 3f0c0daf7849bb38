"""Request bodies and responses of the routes for annotators."""

from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.utils.serializer_helpers import BindingDict

from annotation.actions import Answer
from annotation.background import LONGEST_PURPOSE
from annotation.models import LEAST_PEOPLE, MOST_PEOPLE, Queue, Vote
from annotation.models.queue import SETTINGS
from annotation.queue import Lease
from annotation.shapes import QueueShape, TakenShape, VoteShape
from corpus.labels import FIELDS, Judgement, Label, label_columns_of
from corpus.models import Project
from corpus.queries import questions_of
from corpus.question_rules import LONGEST_NAME, LONGEST_QUESTION
from corpus.question_shapes import as_question
from corpus.questions import AskedOf, questions_asked

LABEL_CHOICES = [label.value for label in Label]
LONGEST_TEXT = 10_000


@extend_schema_field({"type": "object", "additionalProperties": True})
class AnswersField(serializers.JSONField):
    """
    Answers to the questions of the project, by key: `yes` or `no`, the value of a choice, a list of such values, or a
    text. Null, or no key, where a question that is not required has no answer.
    """

    def to_internal_value(self, data: Any) -> Any:
        """
        Return the object; what it holds is checked once the item is known.

        :raises ValidationError: if it is no object
        """
        if not isinstance(data, dict):
            raise serializers.ValidationError("Send an object with an answer for each key.")
        return super().to_internal_value(data)


class AnswerSerializer(serializers.Serializer[Any]):
    """The body of a vote or of a correction."""

    prompt_label = serializers.ChoiceField(LABEL_CHOICES, allow_null=True, default=None)
    response_label = serializers.ChoiceField(LABEL_CHOICES, allow_null=True, default=None)
    categories = serializers.ListField(child=serializers.CharField(max_length=200), default=list, max_length=200)
    "Slugs or names, in the order chosen."
    other_text = serializers.CharField(allow_blank=True, default="", max_length=LONGEST_TEXT)
    rationale = serializers.CharField(allow_blank=True, default="", max_length=LONGEST_TEXT)
    answers = AnswersField(default=dict)
    "Answers to the questions of the project, by key."
    seconds = serializers.FloatField(allow_null=True, default=None)
    guideline = serializers.CharField(allow_blank=True, default="", max_length=60)

    @property
    def fields(self) -> BindingDict:
        """Return the fields, which all instances of a class share: copying them took a twentieth of a vote's time."""
        return fields_of(type(self))

    def to_answer(self, spellings: Mapping[str, str]) -> Answer:
        """
        Return the validated body as an answer.

        :param spellings: every spelling of a category to its slug
        :raises ValidationError: if a category is not among them
        """
        content = self.validated_data
        return Answer(
            Judgement(
                **{field.value: content[field] for field in FIELDS},
                categories=find_slugs(content["categories"], spellings),
                other_text=content["other_text"].strip(),
                rationale=content["rationale"].strip(),
                answers=content["answers"],
            ),
            seconds=content["seconds"],
            guideline=content["guideline"],
        )


@cache
def fields_of(serializer: type[serializers.Serializer[Any]]) -> BindingDict:
    """Return fields of a serializer class. Nothing may change them, or keep in them what belongs to one call."""
    fields = BindingDict(serializer())
    for name, field in serializer().get_fields().items():
        fields[name] = field
    return fields


def find_slugs(names: list[str], spellings: Mapping[str, str]) -> tuple[str, ...]:
    """
    Return the slugs of categories in any spelling, each once, in order.

    :raises ValidationError: if a name is not among the spellings
    """
    if unknown := [name for name in names if name not in spellings]:
        raise serializers.ValidationError({"categories": f"{unknown[0]!r} is not a category of this project."})
    return tuple(dict.fromkeys(spellings[name] for name in names))


class VoteSerializer(AnswerSerializer):
    """The body of a vote, with its lease."""

    lease = serializers.UUIDField()


class SkipSerializer(serializers.Serializer[Any]):
    """The body of a skip."""

    lease = serializers.UUIDField()
    reason = serializers.CharField(max_length=LONGEST_TEXT)


class SampleSerializer(serializers.Serializer[Any]):
    """The share of the blind random sample."""

    percent = serializers.IntegerField(
        min_value=0, max_value=100, help_text="Of the items that were not drawn yet, in per cent; 0 draws none."
    )


class QueueSerializer(serializers.ModelSerializer[Queue]):
    """How a project hands out its items: the settings that change."""

    class Meta:
        model = Queue
        fields = SETTINGS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"partial": True, **kwargs})

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """
        Refuse a body that changes nothing, as one with a misspelt name.

        :raises ValidationError: if it names no setting, or one that there is not
        """
        if unknown := sorted(set(self.initial_data) - set(SETTINGS)):
            raise serializers.ValidationError({name[:100]: "There is no such setting." for name in unknown[:10]})
        if not attrs:
            raise serializers.ValidationError(f"Name a setting and its value: {', '.join(SETTINGS)}.")
        return attrs


class LeaseSerializer(serializers.Serializer[Any]):
    """The body of a renewal."""

    lease = serializers.UUIDField()


def as_queue(queue: Queue) -> QueueShape:
    """Return the settings of a queue, as JSON."""
    return cast("QueueShape", {name: getattr(queue, name) for name in SETTINGS})


def as_vote(vote: Vote, external_id: str) -> VoteShape:
    """Return a vote as the routes show it."""
    return {
        "id": vote.pk,
        "item": external_id,
        **label_columns_of(vote),
        "categories": vote.categories,
        "other_text": vote.other_text,
        "rationale": vote.rationale,
        "answers": vote.answers,
        "seconds": vote.seconds,
        "supersedes": vote.supersedes_id,
        "cast_at": vote.cast_at,
    }


def as_lease(project: Project, lease: Lease) -> TakenShape:
    """Return a leased item as the routes show it, with the questions asked on it."""
    item = lease.item
    asked = questions_asked(questions_of(project), AskedOf.PEOPLE, has_response=item.has_response)
    return {
        "item": {"id": item.external_id, "turns": item.turns, "has_response": item.has_response},
        "lease": {"id": lease.id, "expires_at": lease.expires_at},
        "questions": [as_question(question) for question in asked],
    }


class AboutMeSerializer(serializers.Serializer[Any]):
    """What the caller says of themselves: choice by key of the question, null to take an answer back."""

    answers = serializers.DictField(child=serializers.CharField(max_length=60, allow_null=True))


class BackgroundChoiceSerializer(serializers.Serializer[Any]):
    """One of the answers to choose from."""

    value = serializers.CharField(max_length=60, help_text="In JSON and files: small letters, digits and `_`.")
    name = serializers.CharField(max_length=LONGEST_NAME, required=False, help_text="For people; else the value.")


class BackgroundQuestionSerializer(serializers.Serializer[Any]):
    """A new question about the people who label."""

    key = serializers.CharField(max_length=60, help_text="In JSON and files: small letters, digits and `_`. It stays.")
    text = serializers.CharField(max_length=LONGEST_QUESTION)
    purpose = serializers.CharField(max_length=LONGEST_PURPOSE, help_text="What people read before they answer.")
    choices = BackgroundChoiceSerializer(many=True)
    least_people = serializers.IntegerField(min_value=LEAST_PEOPLE, max_value=MOST_PEOPLE, default=LEAST_PEOPLE)
