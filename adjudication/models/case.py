"""Cases: items that opinions leave undecided."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from corpus.models import Item, Project


class Case(models.Model):
    """An item whose opinions do not decide it, from the opening of the case to its settlement or closing."""

    class State(models.TextChoices):
        """What each allows is in adjudication.case_states."""

        OPEN = "open", "Open"
        SETTLED = "settled", "Settled"
        CLOSED = "closed", "Closed: later opinions decided it"
        REOPENED = "reopened", "Reopened: a settlement that holds no more"

    item = models.ForeignKey(Item, models.PROTECT, related_name="+")
    # Copies of the item's, which never change: a list of cases then reads no item but those it shows.
    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    source = models.TextField(blank=True, default="")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True)
    reopens = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    "The settlement that was reopened so that this case opens; opinions do not close it."
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    held_until = models.DateTimeField(null=True)
    "From this time on nobody holds the case; no job has to run for that."
    sent_back_at = models.DateTimeField(null=True)
    "When it was last sent back for more votes. Nobody can claim it as their next case while those slots are open."

    adjudicator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    # Stored beside the final labels, to measure how far opinions moved the adjudicator.
    blind_prompt_label = models.CharField(max_length=6, null=True)
    blind_response_label = models.CharField(max_length=6, null=True)
    blind_categories = ArrayField(models.TextField(), default=list)
    blind_other_text = models.TextField(blank=True, default="")
    blind_answers = models.JSONField(default=dict, db_default={})
    "Answers to the questions of the project, by key; `answers` are the final ones."
    blind_at = models.DateTimeField(null=True)
    prompt_label = models.CharField(max_length=6, null=True)
    response_label = models.CharField(max_length=6, null=True)
    categories = ArrayField(models.TextField(), default=list)
    other_text = models.TextField(blank=True, default="")
    answers = models.JSONField(default=dict, db_default={})
    reason = models.TextField(blank=True, default="")
    seen_votes = ArrayField(models.BigIntegerField(), default=list)
    "Primary keys of the counted votes at the settlement; if others count later, the decision is stale."
    seen_ballots = ArrayField(models.BigIntegerField(), default=list)
    "The same of ballots."
    wants_second = models.BooleanField(db_default=False)
    "Whether another adjudicator is asked for a blind answer once the case is settled."

    class Meta:
        indexes = [
            models.Index(fields=["project", "state", "opened_at", "id"], name="cases_by_opening"),
            models.Index(fields=["project", "state", "closed_at", "id"], name="cases_by_closing"),
        ]
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
