"""Serializers of cases and of an item's history."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, cast

from django.contrib.auth.models import User
from rest_framework import serializers

from adjudication.actions.holds import is_held
from adjudication.actions.settling import MOST_VOTES
from adjudication.models import BlindAnswer, Case
from adjudication.queries import cases
from adjudication.queries.case_filters import MARGINS, STATES, CaseFilter, fields_in_dispute, source_of
from adjudication.queries.history import Entry
from adjudication.queries.opinions import (
    Opinions,
    ShownOpinion,
    counted_opinion_ids,
    current_opinions,
    opinions_etag,
)
from adjudication.shapes import AnswerShape, CaseShape, EntryShape, HoldShape, OpinionShape, SettlementShape
from adjudication.visible_opinions import opinions_if_visible
from adjudication.visible_settlements import visible_settlements
from annotation.serializers import LONGEST_TEXT, AnswerSerializer
from corpus.access import Access
from corpus.labels import FIELDS, label_columns_of
from corpus.models import Project
from corpus.question_shapes import as_question


class SettleSerializer(AnswerSerializer):
    """Final labels and a reason, which is the rationale of the judgement."""

    reason = serializers.CharField(max_length=LONGEST_TEXT)
    seen = serializers.CharField(allow_blank=True, default="", max_length=64)
    "The etag of the opinions as they were read."

    def to_internal_value(self, data: Any) -> Any:
        """Return the validated fields, the reason also as the rationale."""
        values = super().to_internal_value(data)
        values["rationale"] = values["reason"]
        return values


class SendBackSerializer(serializers.Serializer[Any]):
    """How many more votes to ask for, and why."""

    votes = serializers.IntegerField(min_value=1, max_value=MOST_VOTES)
    reason = serializers.CharField(allow_blank=True, default="", max_length=LONGEST_TEXT)


class ReopenSerializer(serializers.Serializer[Any]):
    """Why a settlement ends, and whether a case stays open whatever the opinions decide."""

    reason = serializers.CharField(max_length=LONGEST_TEXT)
    keeps_open = serializers.BooleanField(default=False)


class CaseFilterSerializer(serializers.Serializer[Any]):
    """Which cases to list, from the query of a request."""

    state = serializers.ChoiceField(STATES, default="open")
    field = serializers.RegexField(
        f"^({'|'.join(FIELDS)}|answers[.][a-z][a-z0-9_]*)$",
        allow_blank=True,
        default="",
        max_length=80,
        help_text="What is disputed: `prompt_label`, `response_label`, or a question as `answers.KEY`.",
    )
    source = serializers.CharField(allow_blank=True, default="", max_length=LONGEST_TEXT)  # type: ignore[assignment]
    category = serializers.CharField(allow_blank=True, default="", max_length=60)
    margin = serializers.ChoiceField(["", *MARGINS], default="")

    def to_filter(self, project: Project) -> CaseFilter:
        """
        Return the filter; only for a valid serializer.

        :raises ValidationError: if the project has no such field or question
        """
        field, known = self.validated_data["field"], fields_in_dispute(project)
        if field and field not in known:
            raise serializers.ValidationError({"field": f"Choose one of {', '.join(known)}."})
        return CaseFilter(**self.validated_data)


def as_cases(access: Access, page: Sequence[Case]) -> list[CaseShape]:
    """Return cases with what the reader may see."""
    answers, stale = cases.blind_answers_on(page), cases.stale_cases(access.project, page)
    read = visible_settlements(access.user, access.project, page, answers)
    return [
        as_case(access, case, answers[case.pk], is_read=case.pk in read, is_stale=case.pk in stale) for case in page
    ]


def as_case(access: Access, case: Case, answers: cases.BlindAnswers, *, is_read: bool, is_stale: bool) -> CaseShape:
    """
    Return a case with what the reader may see: no opinions before their own blind answer.

    :param is_read: whether they read its settlement
    """
    project, user = access.project, access.user
    own = cases.own_answer(answers, user)
    opinions = opinions_if_visible(user, case.item) if own else None
    return {
        "id": case.pk,
        "project": project.slug,
        "state": case.state,
        "item": {"id": case.item.external_id, "turns": case.item.turns, "has_response": case.item.has_response},
        "source": source_of(case, of_lead=access.is_lead),
        "fields": [field.value for field in cases.fields_of(project, case.item)],
        "questions": [as_question(each) for each in cases.questions_on(project, case.item)],
        "opened_at": case.opened_at,
        "closed_at": case.closed_at,
        "hold": as_hold(case, user),
        "sent_back_at": case.sent_back_at,
        "reopens": case.reopens_id,
        "blind": as_answer(own) if own else None,
        "opinions": as_opinions(project, opinions) if opinions else None,
        "seen": opinions_etag(counted_opinion_ids(case.item)) if opinions else None,
        "settlement": as_settlement(case, answers, is_stale=is_stale) if is_read else None,
    }


def as_hold(case: Case, user: User) -> HoldShape | None:
    """Return who holds a case and until when; None if nobody does."""
    if not is_held(case) or case.holder is None:
        return None
    return {"by": case.holder.username, "is_yours": case.holder_id == user.pk, "expires_at": case.held_until}


def as_settlement(case: Case, answers: cases.BlindAnswers, *, is_stale: bool) -> SettlementShape:
    """Return how a case was settled."""
    second = cases.second_answer(answers)
    return {
        "by": case.adjudicator.username if case.adjudicator else None,
        "at": case.closed_at,
        **label_columns_of(case),
        "categories": case.categories,
        "other_text": case.other_text,
        "answers": case.answers,
        "reason": case.reason,
        "blind": {
            **label_columns_of(case, prefix="blind_"),
            "categories": case.blind_categories,
            "answers": case.blind_answers,
        },
        "stale": is_stale,
        "wants_second": case.wants_second,
        "second": as_answer(second) if second else None,
    }


def as_answer(blind: BlindAnswer) -> AnswerShape:
    """Return a blind answer with who gave it and when."""
    return {
        "by": blind.adjudicator.username,
        **label_columns_of(blind),
        "categories": blind.categories,
        "other_text": blind.other_text,
        "answers": blind.answers,
        "note": blind.note,
        "is_second": blind.is_second,
        "at": blind.answered_at,
    }


def as_opinions(project: Project, opinions: Opinions) -> list[OpinionShape]:
    """Return the current opinions, human ones first."""
    return [as_opinion(opinion) for opinion in current_opinions(project, opinions)]


def as_opinion(opinion: ShownOpinion) -> OpinionShape:
    """Return one opinion by the names of its fields."""
    return cast("OpinionShape", asdict(opinion))


def as_entry(entry: Entry) -> EntryShape:
    """Return one entry of an item's history by the names of its fields."""
    return cast("EntryShape", asdict(entry))
