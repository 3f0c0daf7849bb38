"""The stored decisions on items."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from corpus.models import Item


class Decision(models.Model):
    """The decision on one item under one policy, by the last recount or by an adjudicator."""

    class Status(models.TextChoices):
        """The status of the item."""

        DECIDED = "decided", "Decided"
        DISPUTED = "disputed", "Disputed"
        PENDING = "pending", "Pending"
        SETTLED = "settled", "Settled"

    class FieldStatus(models.TextChoices):
        """The status of one label field."""

        UNANIMOUS = "unanimous", "Unanimous"
        MAJORITY = "majority", "Majority"
        DISPUTED = "disputed", "Disputed"
        PENDING = "pending", "Pending"
        INHERITED = "inherited", "Inherited"
        SETTLED = "settled", "Settled"

    class DecidedBy(models.TextChoices):
        """Who or what decided the item."""

        MAJORITY = "majority", "Majority"
        ADJUDICATOR = "adjudicator", "Adjudicator"
        CONSTRUCTION = "construction", "Construction"

    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False)
    policy = models.CharField(max_length=20)
    status = models.CharField(max_length=8, choices=Status)
    decided_by = models.CharField(max_length=12, choices=DecidedBy, null=True)

    # The columns of each label field (Field.column); all null if the project does not want it or the item lacks it.
    prompt_status = models.CharField(max_length=9, choices=FieldStatus, null=True)
    prompt_label = models.CharField(max_length=6, null=True)
    prompt_safe = models.PositiveIntegerField(null=True)
    prompt_unsafe = models.PositiveIntegerField(null=True)
    prompt_source = models.CharField(max_length=100, null=True)
    response_status = models.CharField(max_length=9, choices=FieldStatus, null=True)
    response_label = models.CharField(max_length=6, null=True)
    response_safe = models.PositiveIntegerField(null=True)
    response_unsafe = models.PositiveIntegerField(null=True)
    response_source = models.CharField(max_length=100, null=True)

    categories = ArrayField(models.TextField(), default=list)
    "Slugs, most-named first."
    categories_agreed = models.BooleanField(null=True)
    stale = models.BooleanField(default=False)
    "Whether opinions have changed since it was settled."
    changed_at = models.DateTimeField()
    "When a recount last changed the decision."

    # What made it, at the last recount that looked at the item. Recounts of other policies and items do not touch it.
    rules = models.PositiveIntegerField()
    "The version of the rules, `consensus.RULES`."
    quorum = models.PositiveIntegerField()
    caution = models.CharField(max_length=6)
    "The label that needs_caution counted as."

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "policy"], name="one_decision_a_policy"),
            models.CheckConstraint(condition=Q(status="settled") | Q(stale=False), name="only_settled_goes_stale"),
        ]
        indexes = [
            models.Index(fields=["policy", "item"], condition=Q(stale=True), name="stale_decisions"),
            models.Index(
                fields=["policy", "item"],
                include=["prompt_status", "response_status"],
                condition=Q(status="disputed"),
                name="disputed_decisions",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item} under {self.policy}: {self.status}"
