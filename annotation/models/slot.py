"""Slots and leases: which votes are wanted, and who is working on which item."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Random

from annotation.models.vote import Annotator, Vote
from corpus.models import Item, Project


class Batch(models.Model):
    """
    A set of items that is opened, handed out and closed together.

    Until a project has its first batch, the queue hands out every item; then only those of open batches.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", blank=True)
    "Who may work on the batch. Empty means every annotator."

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="one_batch_a_name")]

    def __str__(self) -> str:
        return self.name


class Slot(models.Model):
    """
    One of the votes an item wants from annotators.

    Open until leased or filled. When a lease expires, its slot is open again without any job having to run.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    "Copied from the item, because the index of the queue needs it in this table."
    item = models.ForeignKey(Item, models.CASCADE, related_name="+", db_index=False)
    position = models.FloatField(db_default=Random())
    "Position in the queue, 0 to 1, random. Every claim starts at a random position."
    number = models.PositiveSmallIntegerField()
    "From 1. An item never has more slots than the votes it wants."
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, blank=True, related_name="+")
    lease = models.UUIDField(null=True)
    leased_to = models.ForeignKey(Annotator, models.PROTECT, null=True, related_name="+", db_index=False)
    leased_until = models.DateTimeField(null=True)
    shown_at = models.DateTimeField(null=True)
    "When the dialogue was shown to whom it is leased to. None while it is hidden: no vote is taken before."
    vote = models.ForeignKey(Vote, models.PROTECT, null=True, related_name="+", db_index=False)
    "The vote that filled it."
    place = models.FloatField(null=True)
    "Where its item stood in an ordered queue when it was claimed; None if it was claimed at random."
    random_odds = models.FloatField(null=True)
    "With which probability that claim was one at random; None if the queue had no other order."

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
            models.CheckConstraint(
                condition=Q(random_odds=None, place=None) | Q(random_odds__gt=0, random_odds__lte=1),
                name="slot_odds_are_a_probability",
            ),
            models.CheckConstraint(condition=Q(vote=None) | Q(lease=None), name="filled_slot_is_not_leased"),
            models.CheckConstraint(
                condition=Q(shown_at=None) | Q(lease__isnull=False), name="only_a_leased_slot_is_shown"
            ),
        ]
        indexes = [
            models.Index(fields=["project", "batch", "position"], condition=Q(vote=None), name="open_slots_in_order"),
            models.Index(fields=["leased_to"], condition=Q(leased_to__isnull=False), name="leases_held"),
        ]

    def __str__(self) -> str:
        return f"slot {self.number} of {self.item}"


class FurtherVotes(models.Model):
    """How many votes an item wants beyond the project's number, because a case was sent back for more votes."""

    item = models.OneToOneField(Item, models.CASCADE, related_name="+", primary_key=True)
    votes = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"{self.votes} further votes on {self.item}"


class SparedVotes(models.Model):
    """How many of the votes that an item wants are not asked, because none of them can change its labels."""

    item = models.OneToOneField(Item, models.CASCADE, related_name="+", primary_key=True)
    votes = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"{self.votes} votes on {self.item} spared"


class FormerBatch(models.Model):
    """
    The batch of an item when its last slot was closed, as it wanted no votes. It returns there once it wants some.

    Kept because nothing else tells it: an item is in the batch that its slots are in.
    """

    item = models.OneToOneField(Item, models.CASCADE, related_name="+", primary_key=True)
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.item}, formerly in {self.batch}"


class LapsedLease(models.Model):
    """
    A lease that ended without a vote, because another person got its slot or a lead freed it.

    Kept to distinguish a late answer from one that never had a lease.
    """

    lease = models.UUIDField(primary_key=True, default=uuid.uuid4)
    item = models.ForeignKey(Item, models.CASCADE, related_name="+", db_index=False)
    annotator = models.ForeignKey(Annotator, models.PROTECT, related_name="+")
    lapsed_at = models.DateTimeField(auto_now_add=True)
    shown_at = models.DateTimeField(null=True)
    "When the dialogue was shown to the annotator; None if it never was."

    def __str__(self) -> str:
        return f"lapsed lease of {self.annotator} on {self.item}"


class Skip(models.Model):
    """An item that a person skipped, with the reason. They do not get it again."""

    KNOWS_ANSWER = "knows the answer from the qualification or from practice"
    "The reason of rows that only keep an item from a person who has read its gold label."

    item = models.ForeignKey(Item, models.CASCADE, related_name="+", db_index=False)
    annotator = models.ForeignKey(Annotator, models.PROTECT, related_name="+")
    lease = models.UUIDField(unique=True)
    reason = models.TextField()
    skipped_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "annotator"], name="one_skip_per_annotator")]

    def __str__(self) -> str:
        return f"{self.annotator} skipped {self.item}: {self.reason}"
