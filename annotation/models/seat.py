from django.db import models
from django.db.models import Q

from annotation.models.vote import Annotator, Vote
from corpus.models import Item, Project


class Batch(models.Model):
    """A set of items opened, handed out and closed together."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="one_batch_a_name")]

    def __str__(self) -> str:
        return self.name


class Seat(models.Model):
    """
    One of the votes an item still wants from a person.

    Open until leased or filled. A lease whose moment has passed is nobody's: the seat
    is open again without anything having to run.
    """

    item = models.ForeignKey(Item, models.CASCADE, related_name="+", db_index=False)
    number = models.PositiveSmallIntegerField()
    "From 1; an item never has more seats than the votes it wants."
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, blank=True, related_name="+")
    lease = models.UUIDField(null=True)
    leased_to = models.ForeignKey(Annotator, models.PROTECT, null=True, related_name="+")
    leased_until = models.DateTimeField(null=True)
    vote = models.ForeignKey(Vote, models.PROTECT, null=True, related_name="+", db_index=False)
    "The vote that filled it."

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="one_seat_a_number"),
            models.UniqueConstraint(fields=["lease"], condition=Q(lease__isnull=False), name="one_seat_a_lease"),
            models.UniqueConstraint(fields=["vote"], condition=Q(vote__isnull=False), name="one_seat_a_vote"),
            models.CheckConstraint(
                condition=Q(lease=None, leased_to=None, leased_until=None)
                | Q(lease__isnull=False, leased_to__isnull=False, leased_until__isnull=False),
                name="lease_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"seat {self.number} of {self.item}"
