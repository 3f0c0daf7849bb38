"""Where items stand in a queue that is ordered."""

from django.db import models

from annotation.models.slot import Batch
from corpus.models import Item, Project


class QueuePlace(models.Model):
    """
    Where an item with open slots stands in the queue of a project that orders it; as of the last recount.

    A table apart, as its rows change while people claim slots: a slot that a recount had locked would be passed over.
    """

    item = models.OneToOneField(Item, models.CASCADE, related_name="+", primary_key=True)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, related_name="+", db_index=False)
    "Of its open slots, for the indexes."
    place = models.FloatField()
    "100 less the expected disagreement in percent, without its fraction, plus the lot. The lowest is claimed first."
    lot = models.FloatField()
    "Its place among the claims at random, 0 to 1: see `annotation.ordering.LOT`."

    class Meta:
        indexes = [
            models.Index(fields=["project", "batch", "place"], name="places_in_order"),
            models.Index(fields=["project", "batch", "lot"], name="places_by_lot"),
        ]

    def __str__(self) -> str:
        return f"place of {self.item_id}"
