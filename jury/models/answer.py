"""What juror and generator have in common: an answer of a model about an item."""

from django.db import models

from corpus.models import Item
from jury.models.juror import Juror, PromptVersion
from jury.models.run import Run


class Answer(models.Model):
    """
    What came of one question to a model, kept with the raw reply.

    Asking again leaves the old one, no longer current.
    """

    class Outcome(models.TextChoices):
        CAST = "cast", "Cast"
        ABSTAINED = "abstained", "Abstained"
        UNREADABLE = "unreadable", "Unreadable"
        FAILED = "failed", "Failed"

    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False)
    juror = models.ForeignKey(Juror, models.PROTECT, related_name="+")
    run = models.ForeignKey(Run, models.PROTECT, null=True, related_name="+")
    "None for an import."
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason = models.TextField(blank=True, default="")
    "Why it is not cast, in words."
    prompt = models.ForeignKey(PromptVersion, models.PROTECT, related_name="+", db_index=False)
    raw_reply = models.TextField(blank=True, default="")
    finish_reason = models.CharField(max_length=40, blank=True, default="")
    prompt_tokens = models.PositiveIntegerField(default=0)
    answer_tokens = models.PositiveIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=16, decimal_places=10, default=0)
    seconds = models.FloatField(null=True)
    "From the question to the answer; for an import, whatever came with it."
    is_current = models.BooleanField(default=True)
    cast_at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.juror} on {self.item}: {self.outcome}"
