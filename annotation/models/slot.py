import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Random

from annotation.models.vote import Annotator, Vote
from corpus.models import Item, Project


class Batch(models.Model):
    """
    A set of items opened, handed out and closed together.

    Until a project has its first batch, every item is on offer; from then on only those
    of open batches are.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", blank=True)
    "Whom it is handed to; nobody named means everybody."

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="one_batch_a_name")]

    def __str__(self) -> str:
        return self.name


class Slot(models.Model):
    """
    One of the votes an item still wants from a person.

    Open until leased or filled. A lease whose moment has passed is nobody's: the slot
    is open again without anything having to run.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    "That of the item; here because the queue is an index, and an index is of one table."
    item = models.ForeignKey(Item, models.CASCADE, related_name="+", db_index=False)
    position = models.FloatField(db_default=Random())
    "Where it stands in the queue, 0 to 1; people begin at a place of their own at every claim."
    number = models.PositiveSmallIntegerField()
    "From 1; an item never has more slots than the votes it wants."
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, blank=True, related_name="+")
    lease = models.UUIDField(null=True)
    leased_to = models.ForeignKey(Annotator, models.PROTECT, null=True, related_name="+", db_index=False)
    leased_until = models.DateTimeField(null=True)
    vote = models.ForeignKey(Vote, models.PROTECT, null=True, related_name="+", db_index=False)
    "The vote that filled it."

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="one_slot_per_number"),
            models.UniqueConstraint(fields=["lease"], condition=Q(lease__isnull=False), name="one_slot_per_lease"),
            models.UniqueConstraint(fields=["vote"], condition=Q(vote__isnull=False), name="one_slot_per_vote"),
            models.CheckConstraint(
                condition=Q(lease=None, leased_to=None, leased_until=None)
                | Q(lease__isnull=False, leased_to__isnull=False, leased_until__isnull=False),
                name="lease_is_whole",
            ),
            models.CheckConstraint(condition=Q(vote=None) | Q(lease=None), name="filled_slot_is_not_leased"),
        ]
        indexes = [
            models.Index(fields=["project", "batch", "position"], condition=Q(vote=None), name="open_slots_in_order"),
            models.Index(fields=["leased_to"], condition=Q(leased_to__isnull=False), name="leases_held"),
        ]

    def __str__(self) -> str:
        return f"slot {self.number} of {self.item}"


class FurtherVotes(models.Model):
    """How many votes an item wants besides those its project wants of every item, since it was sent back for them."""

    item = models.OneToOneField(Item, models.CASCADE, related_name="+", primary_key=True)
    votes = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"{self.votes} further votes on {self.item}"


class LapsedLease(models.Model):
    """
    A lease that ended without a vote: its slot went to somebody else, or a lead freed it.

    Kept so that an answer which comes late is known for what it is.
    """

    lease = models.UUIDField(primary_key=True, default=uuid.uuid4)
    item = models.ForeignKey(Item, models.CASCADE, related_name="+", db_index=False)
    annotator = models.ForeignKey(Annotator, models.PROTECT, related_name="+")
    lapsed_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"lapsed lease of {self.annotator} on {self.item}"


class Skip(models.Model):
    """A slot given back with a reason; the person does not see the item again."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="+", db_index=False)
    annotator = models.ForeignKey(Annotator, models.PROTECT, related_name="+")
    lease = models.UUIDField(unique=True)
    reason = models.TextField()
    skipped_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "annotator"], name="one_skip_per_annotator")]

    def __str__(self) -> str:
        return f"{self.annotator} skipped {self.item}: {self.reason}"
