"""Request bodies of the REST routes of the red-team room, and what they return."""

from typing import Any

from rest_framework import serializers

from attacks.actions.conversations import LONGEST_MESSAGE
from attacks.models import Conversation, Turn
from attacks.rates import Rate, Report
from attacks.shapes import AttackDetailShape, AttackReportShape, AttackShape, RateShape, TurnShape
from attacks.techniques import TECHNIQUES
from guards.transforms import TRANSFORMS


class StartSerializer(serializers.Serializer[Any]):
    """A new attack: the name of what is attacked, the slug of a category, and a technique."""

    target = serializers.CharField(max_length=200)
    goal = serializers.CharField(max_length=200)
    technique = serializers.ChoiceField(list(TECHNIQUES))


class MessageSerializer(serializers.Serializer[Any]):
    """A message. The same `token` again returns the message that it made."""

    text = serializers.CharField(max_length=LONGEST_MESSAGE, trim_whitespace=False)
    token = serializers.UUIDField()
    transform = serializers.ChoiceField(list(TRANSFORMS), default="", allow_blank=True)


class FinishSerializer(serializers.Serializer[Any]):
    """What the author claims; `goal` and `technique` in place of those that the attack was started with."""

    claims_success = serializers.BooleanField()
    goal = serializers.CharField(max_length=200, default="", allow_blank=True)
    technique = serializers.ChoiceField(list(TECHNIQUES), default="", allow_blank=True)


def as_turn(turn: Turn) -> TurnShape:
    """Return a message with its reply."""
    return {
        "number": turn.number,
        "text": turn.text,
        "transform": turn.transform,
        "state": turn.state,
        "reply": turn.reply,
        "verdict": turn.verdict,
        "cost_usd": float(turn.cost_usd),
        "sent_at": turn.sent_at,
    }


def as_attack(attack: Conversation) -> AttackShape:
    """Return an attack without its messages."""
    return {
        "id": attack.pk,
        "target": attack.target.name,
        "model": attack.model,
        "goal": attack.goal,
        "technique": attack.technique,
        "state": attack.state,
        "claims_success": attack.claims_success,
        "item": attack.item.external_id if attack.item else None,
        "started_at": attack.started_at,
        "finished_at": attack.finished_at,
    }


def as_attack_detail(attack: Conversation, turns: list[Turn]) -> AttackDetailShape:
    """Return an attack with its messages."""
    return {**as_attack(attack), "turns": [as_turn(turn) for turn in turns]}


def as_rate(rate: Rate) -> RateShape:
    """Return the rate of a group."""
    low, high = rate.interval or (None, None)
    return {
        "name": rate.name,
        "finished": rate.finished,
        "pending": rate.pending,
        "labelled": rate.labelled,
        "succeeded": rate.succeeded,
        "rate": rate.share,
        "low": low,
        "high": high,
        "claimed": rate.claimed,
        "claimed_rightly": rate.claimed_rightly,
        "agreement": rate.agreement,
    }


def as_report(report: Report) -> AttackReportShape:
    """Return the rates of a project."""
    return {
        "total": as_rate(report.total),
        "by_target": [as_rate(rate) for rate in report.by_target],
        "by_technique": [as_rate(rate) for rate in report.by_technique],
        "by_goal": [as_rate(rate) for rate in report.by_goal],
        "withdrawn": report.withdrawn,
    }
