"""Responses that generators wrote."""

from django.db import models
from django.db.models import Q

from corpus.models import Item
from jury.models.answer import ItemAnswer


class GeneratedResponse(ItemAnswer):
    """
    A response that a generator wrote for an item, or the reason for its absence.

    No item shows it until it is published.
    """

    text = models.TextField(blank=True, default="")
    "The response as an item shows it; empty unless the outcome is cast."
    published_at = models.DateTimeField(null=True)
    published_in = models.ForeignKey(Item, models.PROTECT, null=True, related_name="+", db_index=False)
    "The item that shows it: the item it was written for, or a new item for a refusal."

    class Meta:
        indexes = [
            models.Index(fields=["item"], condition=Q(outcome="cast", published_at=None), name="generated_to_publish"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "juror"], condition=Q(is_current=True), name="one_current_response_per_generator"
            ),
            models.CheckConstraint(
                condition=(Q(outcome="cast") & ~Q(text="")) | (~Q(outcome="cast") & Q(text="", published_at=None)),
                name="response_has_a_text_exactly_when_cast",
            ),
            models.CheckConstraint(
                condition=Q(published_at=None, published_in=None)
                | Q(published_at__isnull=False, published_in__isnull=False),
                name="published_response_has_an_item",
            ),
        ]
