"""Conversations in which a person attacks a model."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from attacks.techniques import TECHNIQUES
from corpus.models import Item, Project
from jury.models import Juror


class Conversation(models.Model):
    """
    One attack of one person on one model. When it is finished, it becomes an item that others label.

    What its author claims of it stays here: no page of those who label, adjudicate or audit reads this table.
    """

    class State(models.TextChoices):
        """Only an open conversation takes messages."""

        OPEN = "open", "Open"
        FINISHED = "finished", "Finished"
        DISCARDED = "discarded", "Discarded"

    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    target = models.ForeignKey(Juror, models.PROTECT, related_name="+")
    "The generator that answers, or the juror that judges, as a guard would."
    model = models.CharField(max_length=200)
    "The name of the target's model when the conversation began."
    goal = models.TextField()
    "The slug of the category that the author wants a response about."
    technique = models.CharField(max_length=30)
    "A key of `attacks.techniques.TECHNIQUES`."
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    draft = models.TextField(blank=True, default="")
    "What the author has typed and not sent."
    claims_success = models.BooleanField(null=True)
    "What the author says of it when they finish; None before. No label."
    item = models.OneToOneField(Item, models.PROTECT, null=True, related_name="+")
    "What it became."
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="finished", item__isnull=False, claims_success__isnull=False)
                | (~Q(state="finished") & Q(item=None, claims_success=None)),
                name="finished_attack_has_an_item_and_a_claim",
            ),
        ]
        indexes = [models.Index(fields=["project", "author", "id"], name="attacks_of_an_author")]

    def __str__(self) -> str:
        return f"attack {self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether it takes messages."""
        return self.state == self.State.OPEN

    @property
    def technique_name(self) -> str:
        """What the technique is called on pages."""
        return TECHNIQUES.get(self.technique, self.technique)
