"""Ballots: the judgements of jurors."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from corpus.labels import LABELS
from corpus.models import Taxonomy
from jury.models.answer import ItemAnswer


class Ballot(ItemAnswer):
    """A juror's judgement of an item, or the reason for its absence."""

    prompt_label = models.CharField(max_length=13, null=True)
    response_label = models.CharField(max_length=13, null=True)
    categories = ArrayField(models.TextField(), default=list)
    other_text = models.TextField(blank=True, default="")
    rationale = models.TextField(blank=True, default="")
    answers = models.JSONField(default=dict, db_default={})
    "Answers to the questions of the project, by key, as of a vote."
    prompt_probability = models.FloatField(null=True)
    "Of unsafe, 0 to 1; None where the juror is not asked for it, or its reply does not say."
    response_probability = models.FloatField(null=True)
    dropped_categories = models.PositiveSmallIntegerField(default=0)
    "Categories that the juror named although every label is safe; they are ignored."
    taxonomy = models.ForeignKey(Taxonomy, models.PROTECT, related_name="+", db_index=False)
    order_seed = models.PositiveIntegerField(null=True)
    "Seed of the order of the categories in the prompt; None if they were not shuffled."
    request_hash: Any = models.BinaryField(null=True)
    "Hash of everything that can change the answer; None if it was imported."
    cached_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    "The ballot of an identical earlier request, which this one repeats."

    class Meta:
        indexes = [
            models.Index(
                fields=["request_hash"],
                condition=Q(outcome="cast", request_hash__isnull=False, cached_from=None),
                name="ballots_to_repeat",
            ),
            models.Index(fields=["item"], name="ballots_on_an_item"),
            # Counting the ballots of a juror reads this alone, not rows with raw replies.
            models.Index(
                fields=["juror", "outcome"],
                include=["cost_usd"],
                condition=Q(is_current=True),
                name="ballots_by_outcome",
            ),
            # A few pages for millions of ballots, since they are written in the order of their times.
            BrinIndex(fields=["cast_at"], name="ballots_by_time"),
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
