from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from corpus.models import Item


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
    "When it was last sent back for more votes; nobody is handed it while those slots are open."

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
