"""The qualification round: what a project asks of its annotators before they get real work, and their attempts."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from annotation.models.vote import LABEL_CHOICES, Annotator
from corpus.models import Item, Project


class Qualification(models.Model):
    """Whether and how the annotators of a project qualify. Attempts that have begun keep the rules they began with."""

    class AppliesTo(models.TextChoices):
        """Which annotators must qualify, of those who were there when it was switched on."""

        NEW = "new", "Annotators without a vote"
        EVERYBODY = "everybody", "All annotators"

    project = models.OneToOneField(Project, models.CASCADE, related_name="+", primary_key=True)
    is_on = models.BooleanField(default=False)
    applies_to = models.CharField(max_length=9, choices=AppliesTo, default=AppliesTo.NEW)
    pass_percent = models.PositiveSmallIntegerField(
        default=80, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    "The least percentage of compared labels that must equal the gold labels."
    attempts = models.PositiveSmallIntegerField(default=2, validators=[MinValueValidator(1), MaxValueValidator(100)])
    size = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    "Items of an attempt, drawn from the set. None means the whole set."
    compares_categories = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(pass_percent__gte=1, pass_percent__lte=100), name="pass_percent_is_a_percent"
            ),
            models.CheckConstraint(condition=Q(attempts__gte=1), name="one_attempt_at_least"),
            models.CheckConstraint(condition=Q(size=None) | Q(size__gte=1), name="attempt_has_an_item"),
        ]

    def __str__(self) -> str:
        return f"qualification of {self.project}"


class QualificationAttempt(models.Model):
    """One attempt of a person to qualify, with the rules it is measured by."""

    annotator = models.ForeignKey(Annotator, models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveSmallIntegerField()
    "From 1, for each person."
    pass_percent = models.PositiveSmallIntegerField()
    compares_categories = models.BooleanField()
    caution = models.CharField(max_length=6)
    "The label that needs_caution counts as."
    started_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    compared = models.PositiveIntegerField(null=True)
    "Labels, and sets of categories, that were compared."
    agreed = models.PositiveIntegerField(null=True)
    "How many of these were equal."
    has_passed = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["annotator", "number"], name="one_attempt_a_number"),
            models.UniqueConstraint(fields=["annotator"], condition=Q(ended_at=None), name="one_attempt_at_a_time"),
            models.CheckConstraint(
                condition=Q(ended_at=None, compared=None, agreed=None, has_passed=None)
                | Q(ended_at__isnull=False, compared__isnull=False, agreed__isnull=False, has_passed__isnull=False),
                name="ended_attempt_has_a_result",
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.annotator}"

    @property
    def percent(self) -> int | None:
        """Return how many percent of the compared labels were equal, rounded down; None before the end."""
        return None if self.compared is None else 100 * (self.agreed or 0) // (self.compared or 1)


class AttemptItem(models.Model):
    """
    An item of an attempt, with its gold label at the beginning and the answer. The answer is no vote.

    A later change of the gold label, or of the set, does not change an attempt that has begun.
    """

    attempt = models.ForeignKey(QualificationAttempt, models.CASCADE, related_name="items", db_index=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    "From 1: the order in which this attempt shows its items."
    lease = models.UUIDField(default=uuid.uuid4, unique=True)
    "What an answer is sent with, which makes sending it twice harmless."
    shown_at = models.DateTimeField(null=True)
    "When the dialogue was shown to the person; None while it is hidden."
    gold_prompt_label = models.CharField(max_length=13, choices=LABEL_CHOICES, null=True)
    gold_response_label = models.CharField(max_length=13, choices=LABEL_CHOICES, null=True)
    gold_categories = ArrayField(models.TextField(), default=list)
    gold_reason = models.TextField(blank=True, default="")
    prompt_label = models.CharField(max_length=13, choices=LABEL_CHOICES, null=True)
    response_label = models.CharField(max_length=13, choices=LABEL_CHOICES, null=True)
    categories = ArrayField(models.TextField(), default=list)
    other_text = models.TextField(blank=True, default="")
    rationale = models.TextField(blank=True, default="")
    seconds = models.FloatField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["attempt", "position"], name="one_attempt_item_a_position"),
            models.UniqueConstraint(fields=["attempt", "item"], name="one_answer_an_item_and_attempt"),
            models.CheckConstraint(
                condition=Q(answered_at=None) | Q(shown_at__isnull=False), name="answered_after_it_was_shown"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item} of {self.attempt}"
