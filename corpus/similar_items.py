"""The items whose prompts are near-duplicates of an item's."""

from dataclasses import dataclass

from django.db.models import QuerySet

from corpus.models import Item, ItemCluster
from corpus.turns import prompt_text

MOST_SHOWN = 20
MOST_CHARACTERS = 20_000
"Of a prompt that are compared, so that a page of very long ones does not take seconds."


@dataclass(frozen=True)
class SimilarItem:
    """An item of the same cluster."""

    item: Item
    similarity: float
    "Of the two prompts, 0 to 1. Below the threshold where others connect them."

    @property
    def percent(self) -> float:
        """The same in percent."""
        return 100 * self.similarity


def similar_items(item: Item, *, most: int = MOST_SHOWN) -> list[SimilarItem]:
    """
    Return items of the cluster of an item, withdrawn ones too, the most similar first.

    Of a very large cluster the first by import are compared, and of a very long prompt the beginning. Prompts that the
    source withheld are similar to none.

    :param most: how many at most
    """
    if item.reconstruction_id is not None:
        return []
    from corpus.similarity.clusters import similarity_to  # here, so that others start without numpy

    others = list(in_cluster_of(item).order_by("pk")[: 2 * most])
    own, *texts = (prompt_text(each.turns)[:MOST_CHARACTERS] for each in (item, *others))
    shares = similarity_to(own, texts)
    found = [SimilarItem(other, share) for other, share in zip(others, shares, strict=True)]
    return sorted(found, key=lambda each: (-each.similarity, each.item.pk))[:most]


def in_cluster_of(item: Item) -> QuerySet[Item]:
    """Return the other items of the cluster of an item; none before a search has found it."""
    own = ItemCluster.objects.filter(item=item).first()
    if own is None or own.size == 1:
        return Item.objects.none()
    cluster = ItemCluster.objects.filter(project=item.project_id, cluster=own.cluster).exclude(item=item)
    return Item.objects.filter(pk__in=cluster.values("item"), reconstruction_id=None)


def cluster_size(item: Item) -> int:
    """Return how many items the cluster of an item has; 1 before a search has found it."""
    return ItemCluster.objects.filter(item=item).values_list("size", flat=True).first() or 1
