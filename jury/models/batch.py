from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from jury.models.run import Shard


class Batch(models.Model):
    """Questions of a shard that went to their endpoint in one file, to be answered within a day."""

    class State(models.TextChoices):
        SENDING = "sending", "Being sent"
        UNDER_WAY = "under_way", "Under way"
        COLLECTED = "collected", "Collected"
        REFUSED = "refused", "Refused by the endpoint"

    OPEN = (State.SENDING, State.UNDER_WAY)

    shard = models.ForeignKey(Shard, models.CASCADE, related_name="+")
    key = models.CharField(max_length=40, unique=True)
    "Sent with it, so that it is found again if nobody heard of its beginning."
    name = models.CharField(max_length=200, blank=True, default="")
    "The endpoint's id of it."
    state = models.CharField(max_length=9, choices=State, default=State.SENDING)
    items = ArrayField(models.BigIntegerField())
    "Primary keys."
    asked = models.PositiveIntegerField(default=0)
    answered = models.PositiveIntegerField(default=0)
    "Both as the endpoint counts."
    problem = models.TextField(blank=True, default="")
    unreachable_since = models.DateTimeField(null=True)
    "Since when the endpoint has not told how far it is; none while it does."
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
