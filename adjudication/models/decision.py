from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from corpus.models import Item


class Decision(models.Model):
    """The label of one item under one policy, as the last recount found it or an adjudicator settled it."""

    class Status(models.TextChoices):
        DECIDED = "decided", "Decided"
        DISPUTED = "disputed", "Disputed"
        PENDING = "pending", "Pending"
        SETTLED = "settled", "Settled"

    class FieldStatus(models.TextChoices):
        UNANIMOUS = "unanimous", "Unanimous"
        MAJORITY = "majority", "Majority"
        DISPUTED = "disputed", "Disputed"
        PENDING = "pending", "Pending"
        INHERITED = "inherited", "Inherited"
        SETTLED = "settled", "Settled"

    class DecidedBy(models.TextChoices):
        MAJORITY = "majority", "Majority"
        ADJUDICATOR = "adjudicator", "Adjudicator"
        CONSTRUCTION = "construction", "Construction"

    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False)
    policy = models.CharField(max_length=20)
    status = models.CharField(max_length=8, choices=Status)
    decided_by = models.CharField(max_length=12, choices=DecidedBy, null=True)

    # A field the project does not want or the item does not have is null throughout.
    prompt_status = models.CharField(max_length=9, choices=FieldStatus, null=True)
    prompt_label = models.CharField(max_length=6, null=True)
    prompt_safe = models.PositiveIntegerField(null=True)
    prompt_unsafe = models.PositiveIntegerField(null=True)
    prompt_source = models.CharField(max_length=30, null=True)
    response_status = models.CharField(max_length=9, choices=FieldStatus, null=True)
    response_label = models.CharField(max_length=6, null=True)
    response_safe = models.PositiveIntegerField(null=True)
    response_unsafe = models.PositiveIntegerField(null=True)
    response_source = models.CharField(max_length=30, null=True)

    categories = ArrayField(models.TextField(), default=list)
    "Slugs, most-named first."
    categories_agreed = models.BooleanField(null=True)
    stale = models.BooleanField(default=False)
    "Settled, and opinions have changed since."
    changed_at = models.DateTimeField()
    "When a recount last found anything of it new; no part of the decision itself."

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "policy"], name="one_decision_a_policy"),
            models.CheckConstraint(condition=Q(status="settled") | Q(stale=False), name="only_settled_goes_stale"),
        ]

    def __str__(self) -> str:
        return f"{self.item} under {self.policy}: {self.status}"


class Case(models.Model):
    """An item whose opinions do not decide it, from its opening to what came of it."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        SETTLED = "settled", "Settled"
        CLOSED = "closed", "Closed: later opinions decided it"
        REOPENED = "reopened", "Reopened: a settlement that holds no more"

    item = models.ForeignKey(Item, models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True)
    reopens = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    "The settlement to be looked at anew. Such a case stays open whatever the opinions come to."
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    held_until = models.DateTimeField(null=True)
    "A hold whose moment has passed is nobody's, without anything having to run."
    sent_back_at = models.DateTimeField(null=True)
    "When it was last sent back for more votes; nobody is handed it while those seats are open."

    adjudicator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    # Kept apart, so that how far opinions moved the adjudicator can be measured.
    blind_prompt_label = models.CharField(max_length=6, null=True)
    blind_response_label = models.CharField(max_length=6, null=True)
    blind_categories = ArrayField(models.TextField(), default=list)
    blind_other_text = models.TextField(blank=True, default="")
    blind_at = models.DateTimeField(null=True)
    prompt_label = models.CharField(max_length=6, null=True)
    response_label = models.CharField(max_length=6, null=True)
    categories = ArrayField(models.TextField(), default=list)
    other_text = models.TextField(blank=True, default="")
    reason = models.TextField(blank=True, default="")
    seen_votes = ArrayField(models.BigIntegerField(), default=list)
    "Primary keys of the current votes when it was settled; others since make the decision stale."
    seen_ballots = ArrayField(models.BigIntegerField(), default=list)
    wants_second = models.BooleanField(db_default=False)
    "Whether another adjudicator is asked to label it blind, once it is settled."

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item"], condition=Q(state="open"), name="one_open_case_an_item"),
            models.UniqueConstraint(fields=["item"], condition=Q(state="settled"), name="one_settlement_an_item"),
            models.CheckConstraint(
                condition=~Q(state__in=["settled", "reopened"]) | (Q(blind_at__isnull=False) & ~Q(reason="")),
                name="settled_blind_first_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(holder=None, held_until=None)
                | Q(holder__isnull=False, held_until__isnull=False, state="open"),
                name="hold_is_whole_and_of_an_open_case",
            ),
        ]

    def __str__(self) -> str:
        return f"case of {self.item}"
