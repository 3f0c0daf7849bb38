"""Turns: a message that a person sent to a model, what came back, and what it cost."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from attacks.models.conversation import Conversation
from corpus.labels import LABELS
from corpus.models import Project


class Turn(models.Model):
    """
    A message of a conversation with its reply.

    What it may cost is reserved in the transaction that stores it; what is neither answered nor known to have failed
    stays reserved, and is charged if its worker is lost.
    """

    class State(models.TextChoices):
        """Where a message is. The last three are final."""

        WAITING = "waiting", "Waiting for a worker"
        ASKING = "asking", "Waiting for the reply"
        ANSWERED = "answered", "Answered"
        FILTERED = "filtered", "Stopped by a filter"
        FAILED = "failed", "No reply"

    UNDER_WAY = (State.WAITING, State.ASKING)

    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    "Copied from the conversation, because the budget is counted by it."
    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="turns", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    "Copied from the conversation, because the budget of the day is counted by it."
    day = models.DateField()
    "The author's day."
    number = models.PositiveSmallIntegerField()
    "From 1 in its conversation."
    token = models.UUIDField()
    "Of the form that sent it, so that pressing twice sends it once."
    text = models.TextField()
    "The message as it was sent."
    typed = models.TextField(blank=True, default="")
    "What the author typed, where a transform rewrote it."
    transform = models.CharField(max_length=40, blank=True, default="")
    "A key of `guards.transforms.TRANSFORMS`."
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    reply = models.TextField(blank=True, default="")
    verdict = models.CharField(max_length=13, blank=True, default="")
    "The label that an attacked juror gave the message."
    reason = models.TextField(blank=True, default="")
    "Why there is no reply, for people to read."
    reserved_usd = models.DecimalField(max_digits=26, decimal_places=10, default=0)
    cost_usd = models.DecimalField(max_digits=26, decimal_places=10, default=0)
    prompt_tokens = models.PositiveIntegerField(default=0)
    answer_tokens = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(null=True)
    holder = models.CharField(max_length=32, blank=True, default="")
    "Random id of the worker that asks; empty if none does."
    seen_at = models.DateTimeField(null=True)
    "Last heartbeat of that worker."
    sent_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "number"], name="one_turn_a_number"),
            models.UniqueConstraint(fields=["conversation", "token"], name="one_turn_a_token"),
            models.UniqueConstraint(
                fields=["conversation"],
                condition=Q(state__in=["waiting", "asking"]),
                name="one_turn_under_way_per_conversation",
            ),
            models.CheckConstraint(
                condition=(Q(state="answered") & ~Q(reply="")) | (~Q(state="answered") & Q(reply="", verdict="")),
                name="turn_has_a_reply_exactly_when_answered",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "asking"]) | Q(reserved_usd=0, ended_at__isnull=False),
                name="ended_turn_reserves_nothing",
            ),
            models.CheckConstraint(condition=Q(verdict__in=["", *sorted(LABELS)]), name="turn_verdict_is_a_label"),
        ]
        indexes = [
            models.Index(fields=["project"], include=["reserved_usd", "cost_usd"], name="cost_of_attacks"),
            models.Index(fields=["author", "day"], name="attacks_of_a_day"),
            models.Index(fields=["seen_at"], condition=Q(state__in=["waiting", "asking"]), name="turns_under_way"),
        ]

    def __str__(self) -> str:
        return f"turn {self.number} of {self.conversation}"

    @property
    def is_under_way(self) -> bool:
        """Whether its reply is still to come."""
        return self.state in self.UNDER_WAY
