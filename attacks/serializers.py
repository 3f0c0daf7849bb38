"""Request bodies of the REST routes of the red-team room, and what they return."""

from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from rest_framework import serializers

from annotation.session import read_session
from attacks import queries
from attacks.actions.conversations import LONGEST_MESSAGE
from attacks.models import AttackSettings, Conversation, Turn
from attacks.models.settings import MOST_TURNS
from attacks.rates import Rate, Report
from attacks.shapes import AttackDetailShape, AttackReportShape, AttackShape, AttackTurnShape, RateShape, RoomShape
from attacks.techniques import TECHNIQUES


class RoomSerializer(serializers.Serializer[Any]):
    """What to change of what a project allows; what is left out stays."""

    is_on = serializers.BooleanField()
    targets = serializers.ListField(child=serializers.CharField(max_length=200), max_length=100)
    "Names of generators, and of jurors that are on no panel."
    budget_usd = serializers.DecimalField(max_digits=12, decimal_places=6, min_value=Decimal(0))
    daily_usd = serializers.DecimalField(max_digits=12, decimal_places=6, min_value=Decimal(0))
    most_turns = serializers.IntegerField(min_value=1, max_value=MOST_TURNS)
    license = serializers.CharField(max_length=200, allow_blank=True)
    consent_text = serializers.CharField(max_length=10_000, allow_blank=True)
    "Empty for the text that we ship."


class ConsentSerializer(serializers.Serializer[Any]):
    """Consent to a version of the text."""

    version = serializers.IntegerField(min_value=1, max_value=10**9)


class StartSerializer(serializers.Serializer[Any]):
    """A new attack: the name of what is attacked, the slug of a category, and a technique."""

    target = serializers.CharField(max_length=200)
    goal = serializers.CharField(max_length=200)
    technique = serializers.ChoiceField(list(TECHNIQUES))


class MessageSerializer(serializers.Serializer[Any]):
    """A message. The same `token` again returns the message that it made."""

    text = serializers.CharField(max_length=LONGEST_MESSAGE, trim_whitespace=False)
    token = serializers.UUIDField()
    transform = serializers.CharField(max_length=40, default="", allow_blank=True)
    "A key of the transforms of guards; empty for the text as it is."


class FinishSerializer(serializers.Serializer[Any]):
    """What the author claims; `goal` and `technique` in place of those that the attack was started with."""

    claims_success = serializers.BooleanField()
    goal = serializers.CharField(max_length=200, default="", allow_blank=True)
    technique = serializers.ChoiceField(list(TECHNIQUES), default="", allow_blank=True)


def as_room(settings: AttackSettings, user: User) -> RoomShape:
    """Return what a project allows, and what a person may still spend today."""
    day = read_session(settings.project, user).day
    return {
        "is_on": settings.is_on,
        "targets": list(queries.targets_of(settings.project).values_list("name", flat=True)),
        "budget_usd": float(settings.budget_usd),
        "daily_usd": float(settings.daily_usd),
        "left_today_usd": float(queries.spending_of(settings, user, day).left_today),
        "most_turns": settings.most_turns,
        "license": settings.license,
        "consent_text": queries.consent_text(settings),
        "consent_version": settings.consent_version,
        "has_consented": queries.has_consented(settings, user),
        "techniques": TECHNIQUES,
    }


def as_turn(turn: Turn) -> AttackTurnShape:
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
