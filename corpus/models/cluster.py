"""Clusters of items whose prompts are near-duplicates."""

from django.db import models

from corpus.models.item import Item
from corpus.models.project import Project


class ItemCluster(models.Model):
    """
    The cluster that an item belongs to, perhaps with no other; as of the project's last search for near-duplicates.

    Items imported since then have none yet.
    """

    item = models.OneToOneField(Item, models.PROTECT, primary_key=True, related_name="+")
    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    cluster = models.BinaryField(max_length=16)
    "Hash of the words of its first prompt, by import: the same while other items join it."
    size = models.PositiveIntegerField()
    "How many items it has, withdrawn ones included."

    class Meta:
        indexes = [
            models.Index(fields=["project", "cluster"], name="items_of_a_cluster"),
            models.Index(fields=["item"], condition=models.Q(size__gt=1), name="items_with_near_duplicates"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.name}"

    @property
    def name(self) -> str:
        """The cluster in hexadecimal."""
        return bytes(self.cluster).hex()


class DuplicateSearch(models.Model):
    """The last search for near-duplicates in a project."""

    project = models.OneToOneField(Project, models.PROTECT, primary_key=True, related_name="+")
    method = models.PositiveSmallIntegerField()
    "Version of the rules: `corpus.similarity.clusters.METHOD`."
    newest_item = models.BigIntegerField()
    "The highest primary key of the items. Prompts never change, so the clusters hold until there is a higher one."
    items = models.PositiveIntegerField()
    clusters = models.PositiveIntegerField()
    "Those of two or more items."
    clustered = models.PositiveIntegerField()
    "How many items are in one of these."
    largest = models.PositiveIntegerField()
    "How many items the largest cluster has."
    cut = models.PositiveIntegerField()
    "How many chains were cut."
    seconds = models.FloatField()
    searched_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.project}: {self.clusters} clusters"
