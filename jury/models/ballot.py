from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from corpus.labels import LABELS
from corpus.models import Item, Taxonomy
from jury.models.juror import Juror, PromptVersion
from jury.models.run import Run


class Ballot(models.Model):
    """
    A juror's judgement of an item, or the reason why there is none.

    Kept with the raw reply. Asking again leaves the old one, no longer current.
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
    prompt_label = models.CharField(max_length=13, null=True)
    response_label = models.CharField(max_length=13, null=True)
    categories = ArrayField(models.TextField(), default=list)
    other_text = models.TextField(blank=True, default="")
    rationale = models.TextField(blank=True, default="")
    dropped_categories = models.PositiveSmallIntegerField(default=0)
    "Named beside a clean safe, which means nothing."
    taxonomy = models.ForeignKey(Taxonomy, models.PROTECT, related_name="+", db_index=False)
    prompt = models.ForeignKey(PromptVersion, models.PROTECT, related_name="+", db_index=False)
    order_seed = models.PositiveIntegerField(null=True)
    "What the categories were shuffled by for this call; none where they kept their order."
    raw_reply = models.TextField(blank=True, default="")
    finish_reason = models.CharField(max_length=40, blank=True, default="")
    prompt_tokens = models.PositiveIntegerField(default=0)
    answer_tokens = models.PositiveIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=16, decimal_places=10, default=0)
    seconds = models.FloatField(null=True)
    "From the question to the answer; for an import, whatever came with it."
    request_hash: Any = models.BinaryField(null=True)
    "Of all that changes an answer; none for an import, or for what was asked before there was one."
    cached_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    "The ballot that this one repeats, because nothing that changes an answer was another."
    is_current = models.BooleanField(default=True)
    cast_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["request_hash"],
                condition=Q(outcome="cast", request_hash__isnull=False, cached_from=None),
                name="ballots_to_repeat",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "juror"], condition=Q(is_current=True), name="one_current_ballot_per_juror"
            ),
            models.CheckConstraint(
                condition=(Q(outcome="cast") & (Q(prompt_label__isnull=False) | Q(response_label__isnull=False)))
                | (~Q(outcome="cast") & Q(prompt_label=None, response_label=None, categories=[])),
                name="ballot_has_a_label_exactly_when_cast",
            ),
            models.CheckConstraint(
                condition=(Q(prompt_label=None) | Q(prompt_label__in=sorted(LABELS)))
                & (Q(response_label=None) | Q(response_label__in=sorted(LABELS))),
                name="ballot_labels_are_known",
            ),
            models.CheckConstraint(
                condition=Q(categories=[])
                | Q(prompt_label__in=["unsafe", "needs_caution"])
                | Q(response_label__in=["unsafe", "needs_caution"]),
                name="ballot_categories_only_beside_a_hazard",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.juror} on {self.item}: {self.outcome}"
