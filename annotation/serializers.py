"""Request bodies and responses of the routes for annotators."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from rest_framework import serializers
from rest_framework.utils.serializer_helpers import BindingDict

from annotation.actions import Answer
from annotation.models import Vote
from annotation.queue import Lease
from annotation.shapes import TakenShape, VoteShape
from corpus.labels import FIELDS, Judgement, Label, label_columns_of

LABEL_CHOICES = [label.value for label in Label]
LONGEST_TEXT = 10_000


class AnswerSerializer(serializers.Serializer[Any]):
    """The body of a vote or of a correction."""

    prompt_label = serializers.ChoiceField(LABEL_CHOICES, allow_null=True, default=None)
    response_label = serializers.ChoiceField(LABEL_CHOICES, allow_null=True, default=None)
    categories = serializers.ListField(child=serializers.CharField(max_length=200), default=list, max_length=200)
    "Slugs or names, in the order chosen."
    other_text = serializers.CharField(allow_blank=True, default="", max_length=LONGEST_TEXT)
    rationale = serializers.CharField(allow_blank=True, default="", max_length=LONGEST_TEXT)
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


class LeaseSerializer(serializers.Serializer[Any]):
    """The body of a renewal."""

    lease = serializers.UUIDField()


def as_vote(vote: Vote, external_id: str) -> VoteShape:
    """Return a vote as the routes show it."""
    return {
        "id": vote.pk,
        "item": external_id,
        **label_columns_of(vote),
        "categories": vote.categories,
        "other_text": vote.other_text,
        "rationale": vote.rationale,
        "seconds": vote.seconds,
        "supersedes": vote.supersedes_id,
        "cast_at": vote.cast_at,
    }


def as_lease(lease: Lease) -> TakenShape:
    """Return a leased item as the routes show it."""
    item = lease.item
    return {
        "item": {"id": item.external_id, "turns": item.turns, "has_response": item.has_response},
        "lease": {"id": lease.id, "expires_at": lease.expires_at},
    }
