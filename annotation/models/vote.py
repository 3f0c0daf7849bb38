"""Annotators and their votes."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from annotation.models.guideline import GuidelineVersion
from corpus.labels import LABELS
from corpus.models import Item, Project, Taxonomy

LABEL_CHOICES = [(label, label.replace("_", " ")) for label in sorted(LABELS)]


class Annotator(models.Model):
    """A person who votes in one project: somebody with an account, or a name from an import."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    "None for an imported annotator, because the same name does not prove the same person."
    name = models.TextField(db_collation="C")
    released_as = models.TextField(blank=True, default="", db_default="")
    "The pseudonym in releases of a person whose name was removed. Empty: it is derived from the name."
    is_qualified = models.BooleanField(default=False, db_default=False)
    "Whether the person has passed the qualification, or need not pass it. Asked only where it is switched on."
    granted_attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    "Attempts to qualify beyond those of everybody, which leads granted."

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"], condition=Q(user=None), name="one_imported_annotator_a_name"
            ),
            models.UniqueConstraint(fields=["project", "user"], name="one_annotator_a_user"),
        ]

    def __str__(self) -> str:
        return self.name


class Vote(models.Model):
    """One person's judgement of one item. Never edited: a correction supersedes it, and both stay."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False)
    annotator = models.ForeignKey(Annotator, models.PROTECT, related_name="+", db_index=False)
    prompt_label = models.CharField(max_length=13, choices=LABEL_CHOICES, null=True)
    response_label = models.CharField(max_length=13, choices=LABEL_CHOICES, null=True)
    categories = ArrayField(models.TextField(), default=list)
    "Slugs, in the order chosen."
    other_text = models.TextField(blank=True, default="")
    rationale = models.TextField(blank=True, default="")
    answers = models.JSONField(default=dict, db_default={})
    "Answers to the questions of the project, by key; a question that was left out has no key."
    seconds = models.FloatField(null=True)
    "How long the page was in sight until the person answered, as their program says."
    shown_at = models.DateTimeField(null=True)
    "When the dialogue was shown to the person. None for an import, a correction, and votes from before it was stored."
    taxonomy = models.ForeignKey(Taxonomy, models.PROTECT, related_name="+", db_index=False)
    guideline = models.ForeignKey(GuidelineVersion, models.PROTECT, related_name="+", db_index=False)
    lease = models.UUIDField(null=True)
    "The lease it was cast under, which makes posting it twice harmless. None for an import."
    supersedes = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    repeats = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    "The same person's earlier vote that this one is compared with. A repeat is no opinion, so it is never current."
    is_current = models.BooleanField(default=True)
    "False if superseded, and for a repeat."
    cast_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "annotator"], condition=Q(is_current=True), name="one_current_vote_per_annotator"
            ),
            models.UniqueConstraint(fields=["lease"], condition=Q(lease__isnull=False), name="one_vote_a_lease"),
            models.UniqueConstraint(
                fields=["supersedes"], condition=Q(supersedes__isnull=False), name="one_correction_a_vote"
            ),
            models.CheckConstraint(condition=Q(repeats=None) | Q(is_current=False), name="repeat_is_no_opinion"),
            models.CheckConstraint(
                condition=Q(prompt_label__isnull=False) | Q(response_label__isnull=False), name="vote_has_a_label"
            ),
            models.CheckConstraint(
                condition=(Q(prompt_label=None) | Q(prompt_label__in=sorted(LABELS)))
                & (Q(response_label=None) | Q(response_label__in=sorted(LABELS))),
                name="vote_labels_are_known",
            ),
            models.CheckConstraint(
                condition=Q(categories=[])
                | Q(prompt_label__in=["unsafe", "needs_caution"])
                | Q(response_label__in=["unsafe", "needs_caution"]),
                name="vote_categories_only_beside_a_hazard",
            ),
        ]
        indexes = [
            models.Index(fields=["annotator", "cast_at"], name="votes_of_an_annotator"),
            models.Index(fields=["item"], name="votes_on_an_item"),
        ]

    def __str__(self) -> str:
        return f"{self.annotator} on {self.item}"
