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
from adjudication.queries.cases import MARGINS, STATES, CaseFilter
from adjudication.queries.history import Entry
from adjudication.shapes import AnswerShape, CaseShape, EntryShape, HoldShape, OpinionShape, SettlementShape
from annotation.serializers import LONGEST_TEXT, AnswerSerializer
from corpus.labels import Field
from corpus.models import Project


class SettleSerializer(AnswerSerializer):
    """A final answer; its reason is the rationale of a judgement."""

    reason = serializers.CharField(max_length=LONGEST_TEXT)
    seen = serializers.CharField(allow_blank=True, default="", max_length=64)
    "The mark of the opinions as they were read."

    def to_internal_value(self, data: Any) -> Any:
        given = super().to_internal_value(data)
        given["rationale"] = given["reason"]
        return given


class SendBackSerializer(serializers.Serializer[Any]):
    votes = serializers.IntegerField(min_value=1, max_value=MOST_VOTES)
    reason = serializers.CharField(allow_blank=True, default="", max_length=LONGEST_TEXT)


class ReopenSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=LONGEST_TEXT)
    keeps_open = serializers.BooleanField(default=False)


class CaseFilterSerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(STATES, default="open")
    field = serializers.ChoiceField(["", *(name.value for name in Field)], default="")
    source = serializers.CharField(allow_blank=True, default="")  # type: ignore[assignment]
    category = serializers.CharField(allow_blank=True, default="")
    margin = serializers.ChoiceField(["", *MARGINS], default="")

    def to_filter(self) -> CaseFilter:
        return CaseFilter(**self.validated_data)


def as_cases(project: Project, shown: Sequence[Case], user: User) -> list[CaseShape]:
    """Give cases as far as their reader may see them."""
    answers, stale = cases.answers_on(shown), cases.stale_among(project, shown)
    return [as_case(project, case, user, answers[case.pk], is_stale=case.pk in stale) for case in shown]


def as_case(project: Project, case: Case, user: User, answers: cases.Answers, *, is_stale: bool) -> CaseShape:
    """Return a case as far as its reader may see it: no opinion before their own blind answer."""
    own = cases.own_of(answers, user)
    return {
        "id": case.pk,
        "project": project.slug,
        "state": case.state,
        "item": {"id": case.item.external_id, "turns": case.item.turns, "has_response": case.item.has_response},
        "source": case.item.source,
        "fields": list(cases.fields_of(project, case.item)),
        "opened_at": case.opened_at,
        "closed_at": case.closed_at,
        "hold": as_hold(case, user),
        "sent_back_at": case.sent_back_at,
        "reopens": case.reopens_id,
        "blind": as_answer(own) if own else None,
        "opinions": [as_opinion(each) for each in cases.opinions_on(project, case.item)] if own else None,
        "seen": cases.mark_of(cases.seen_by(case.item)) if own else None,
        "settlement": as_settlement(case, user, answers, is_stale=is_stale),
    }


def as_hold(case: Case, user: User) -> HoldShape | None:
    if not is_held(case) or case.holder is None:
        return None
    return {"by": case.holder.username, "is_yours": case.holder_id == user.pk, "expires_at": case.held_until}


def as_settlement(case: Case, user: User, answers: cases.Answers, *, is_stale: bool) -> SettlementShape | None:
    """Return how a case was settled; null where it is not, or is hidden from who could label it blind still."""
    is_settled = case.state in (Case.State.SETTLED, Case.State.REOPENED)
    if not is_settled or not cases.may_read_settlement(case, user, answers):
        return None
    second = cases.second_of(answers)
    return {
        "by": case.adjudicator.username if case.adjudicator else None,
        "at": case.closed_at,
        "prompt_label": case.prompt_label,
        "response_label": case.response_label,
        "categories": case.categories,
        "other_text": case.other_text,
        "reason": case.reason,
        "blind": {
            "prompt_label": case.blind_prompt_label,
            "response_label": case.blind_response_label,
            "categories": case.blind_categories,
        },
        "stale": is_stale,
        "wants_second": case.wants_second,
        "second": as_answer(second) if second else None,
    }


def as_answer(answer: BlindAnswer) -> AnswerShape:
    return {
        "by": answer.adjudicator.username,
        "prompt_label": answer.prompt_label,
        "response_label": answer.response_label,
        "categories": answer.categories,
        "other_text": answer.other_text,
        "note": answer.note,
        "is_second": answer.is_second,
        "at": answer.answered_at,
    }


def as_opinion(opinion: cases.ShownOpinion) -> OpinionShape:
    return cast("OpinionShape", asdict(opinion))


def as_entry(entry: Entry) -> EntryShape:
    return cast("EntryShape", asdict(entry))
