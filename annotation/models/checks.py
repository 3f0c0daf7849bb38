"""Checks of annotators' work: gold labels, repeats and audits."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from annotation.models.vote import LABEL_CHOICES, Annotator, Vote
from corpus.models import Item, Project


class Gold(models.Model):
    """A label known beforehand, to compare answers with. Annotators cannot tell hidden checks from other items."""

    class Use(models.TextChoices):
        """What it is used for: one thing, since whoever has read the label cannot be checked with it."""

        CHECK = "check", "Hidden checks"
        QUALIFICATION = "qualification", "Qualification"
        PRACTICE = "practice", "Practice"

    item = models.OneToOneField(Item, models.CASCADE, related_name="+", primary_key=True)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    prompt_label = models.CharField(max_length=13, choices=LABEL_CHOICES, null=True)
    response_label = models.CharField(max_length=13, choices=LABEL_CHOICES, null=True)
    categories = ArrayField(models.TextField(), default=list, blank=True)
    reason = models.TextField(blank=True, default="")
    "Why this is the label. For leads, and for people who qualify or practise with it once they have answered."
    use = models.CharField(max_length=13, choices=Use, default=Use.CHECK, db_default=Use.CHECK)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    set_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(prompt_label__isnull=False) | Q(response_label__isnull=False), name="gold_has_a_label"
            )
        ]

    def __str__(self) -> str:
        return f"gold of {self.item}"


class Check(models.Model):
    """
    An item leased to one person without a slot: gold, or a repeat of an earlier vote.

    To that person it looks like any other lease.
    """

    class Kind(models.TextChoices):
        """What the answer is compared with."""

        GOLD = "gold", "Gold"
        REPEAT = "repeat", "Repeat"

    lease = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=6, choices=Kind)
    item = models.ForeignKey(Item, models.CASCADE, related_name="+", db_index=False)
    annotator = models.ForeignKey(Annotator, models.PROTECT, related_name="+", db_index=False)
    repeats = models.ForeignKey(Vote, models.PROTECT, null=True, related_name="+", db_index=False)
    "The earlier vote; None for gold."
    leased_until = models.DateTimeField()
    shown_at = models.DateTimeField(null=True)
    "When the dialogue was shown to the annotator; None while it is hidden."
    vote = models.OneToOneField(Vote, models.PROTECT, null=True, related_name="+")
    "None until the person answers."

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["annotator"], condition=Q(vote=None), name="one_check_at_a_time"),
            models.UniqueConstraint(fields=["annotator", "item"], name="one_check_an_item"),
            models.CheckConstraint(
                condition=Q(kind="repeat", repeats__isnull=False) | Q(kind="gold", repeats=None),
                name="repeat_names_what_it_repeats",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.item} for {self.annotator}"


class Audit(models.Model):
    """A lead's audit of a finished item, with a written reason for the people who voted on it."""

    item = models.OneToOneField(Item, models.CASCADE, related_name="+", primary_key=True)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    drawn_at = models.DateTimeField(auto_now_add=True)
    auditor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    prompt_label = models.CharField(max_length=13, choices=LABEL_CHOICES, null=True)
    response_label = models.CharField(max_length=13, choices=LABEL_CHOICES, null=True)
    categories = ArrayField(models.TextField(), default=list, blank=True)
    other_text = models.TextField(blank=True, default="")
    reason = models.TextField(blank=True, default="")
    audited_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(audited_at=None, auditor=None)
                | (Q(audited_at__isnull=False, auditor__isnull=False) & ~Q(reason="")),
                name="audit_is_signed_and_reasoned",
            )
        ]

    def __str__(self) -> str:
        return f"audit of {self.item}"


class AuditDraw(models.Model):
    """The number of a finished item of a project, which decides once whether it is drawn for audit."""

    item = models.OneToOneField(Item, models.CASCADE, related_name="+", primary_key=True)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveIntegerField()
    "From 0, in the order in which items were finished."

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="one_draw_a_number")]

    def __str__(self) -> str:
        return f"draw {self.number} of {self.project}"
