from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from corpus.labels import LABELS
from corpus.models import Taxonomy
from jury.models.answer import Answer


class Ballot(Answer):
    """A juror's judgement of an item, or the reason why there is none."""

    prompt_label = models.CharField(max_length=13, null=True)
    response_label = models.CharField(max_length=13, null=True)
    categories = ArrayField(models.TextField(), default=list)
    other_text = models.TextField(blank=True, default="")
    rationale = models.TextField(blank=True, default="")
    dropped_categories = models.PositiveSmallIntegerField(default=0)
    "Named beside a clean safe, which means nothing."
    taxonomy = models.ForeignKey(Taxonomy, models.PROTECT, related_name="+", db_index=False)
    order_seed = models.PositiveIntegerField(null=True)
    "What the categories were shuffled by for this call; none where they kept their order."
    request_hash: Any = models.BinaryField(null=True)
    "Of all that changes an answer; none for an import, or for what was asked before there was one."
    cached_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    "The ballot that this one repeats, because nothing that changes an answer was another."

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
