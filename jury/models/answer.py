"""The base of all answers of models: ballots, generated responses and others."""

from django.db import models

from corpus.models import Item
from jury.models.juror import Juror, PromptVersion
from jury.models.run import Run


class Answer(models.Model):
    """
    The answer of a model, with the raw reply.

    A repeated request adds another answer; the old one stays, no longer current.
    """

    SUBJECT = "item"
    "The name of the foreign key to what it is about."

    class Outcome(models.TextChoices):
        """What a request led to."""

        CAST = "cast", "Cast"
        ABSTAINED = "abstained", "Abstained"
        UNREADABLE = "unreadable", "Unreadable"
        FAILED = "failed", "Failed"

    juror = models.ForeignKey(Juror, models.PROTECT, related_name="+")
    run = models.ForeignKey(Run, models.PROTECT, null=True, related_name="+")
    "None if it was imported."
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason = models.TextField(blank=True, default="")
    "Why it was not cast, for people to read."
    prompt = models.ForeignKey(PromptVersion, models.PROTECT, related_name="+", db_index=False)
    raw_reply = models.TextField(blank=True, default="")
    finish_reason = models.CharField(max_length=40, blank=True, default="")
    prompt_tokens = models.PositiveIntegerField(default=0)
    answer_tokens = models.PositiveIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=26, decimal_places=10, default=0)
    seconds = models.FloatField(null=True)
    "Latency of the request; the imported value, if it was imported."
    is_current = models.BooleanField(default=True)
    cast_at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.juror} on {getattr(self, self.SUBJECT)}: {self.outcome}"


class ItemAnswer(Answer):
    """The answer of a model about an item."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False)

    class Meta:
        abstract = True
