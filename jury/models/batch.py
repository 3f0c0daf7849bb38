"""Batches of requests that endpoints answer within a day."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from corpus.models import Taxonomy
from jury.models.run import Shard


class Batch(models.Model):
    """Requests of a shard that are sent to an endpoint in one file and answered within a day."""

    class State(models.TextChoices):
        """Where a batch is on its way; the endpoint ends it."""

        SENDING = "sending", "Being sent"
        UNDER_WAY = "under_way", "Under way"
        COLLECTED = "collected", "Collected"
        REFUSED = "refused", "Refused by the endpoint"

    OPEN = (State.SENDING, State.UNDER_WAY)

    shard = models.ForeignKey(Shard, models.CASCADE, related_name="+")
    key = models.CharField(max_length=40, unique=True)
    "Our own id, sent along, by which a batch is found if the reply to its creation was lost."
    name = models.CharField(max_length=200, blank=True, default="")
    "The endpoint's id of the batch."
    state = models.CharField(max_length=9, choices=State, default=State.SENDING)
    taxonomy = models.ForeignKey(Taxonomy, models.PROTECT, null=True, related_name="+", db_index=False)
    "The version that its questions list, by which its replies are read; None for the project's."
    names = ArrayField(models.TextField(), null=True)
    "The labels and, as `answers.KEY`, the questions that it asks; None where none of them may change."
    items = ArrayField(models.BigIntegerField())
    "Primary keys of its items."
    asked = models.PositiveIntegerField(default=0)
    answered = models.PositiveIntegerField(default=0)
    "Both as the endpoint counts them."
    problem = models.TextField(blank=True, default="")
    unreachable_since = models.DateTimeField(null=True)
    "When the endpoint stopped reporting on the batch; None while it reports."
    made_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shard"], condition=Q(state__in=["sending", "under_way"]), name="one_open_batch_a_shard"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.key
