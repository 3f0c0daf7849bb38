"""Projects and their members."""

import secrets

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from corpus.labels import FIELDS
from corpus.models.taxonomy import Taxonomy

SHARE = [MinValueValidator(0.001), MaxValueValidator(0.5)]


def make_salt() -> str:
    """Return a new random salt."""
    return secrets.token_hex(16)


class Project(models.Model):
    """A labelling project: its label fields, taxonomy, votes per item, and policy for merging opinions."""

    class Policy(models.TextChoices):
        """Names of the policies, which adjudication.policies defines."""

        MAJORITY = "majority", "Majority of people and models"
        AEGIS2 = "aegis2", "AEGIS 2.0: people, then the jury for unsafe dialogues"
        HUMAN = "human", "Majority of people"
        JURY = "jury", "Majority of models"
        CERTIFIED = "certified", "People, and models where a blind sample certifies them"

    class Caution(models.TextChoices):
        """What needs_caution counts as."""

        SAFE = "safe", "Needs caution counts as safe"
        UNSAFE = "unsafe", "Needs caution counts as unsafe"

    class ScoreBy(models.TextChoices):
        """What says how sure models are of a label, under `certified`."""

        SHARE = "share", "Share of the ballots that give the label"
        PROBABILITY = "probability", "Mean probability of the label"

    class SplitBy(models.TextChoices):
        """What a release never puts into two splits."""

        PROMPT = "prompt", "Equal prompts"
        CLUSTER = "cluster", "Near-duplicate prompts"

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    taxonomy = models.ForeignKey(Taxonomy, models.PROTECT, related_name="+")
    wants_prompt_label = models.BooleanField(default=True)
    wants_response_label = models.BooleanField(default=True)
    votes_wanted = models.PositiveSmallIntegerField(default=3)
    "How many human votes every item wants."
    policy = models.CharField(max_length=20, choices=Policy, default=Policy.MAJORITY)
    quorum = models.PositiveSmallIntegerField(null=True, blank=True)
    "Replaces the policy's own, if set."
    caution = models.CharField(max_length=6, choices=Caution, null=True, blank=True)
    "Replaces the policy's own, if set."
    certified_error = models.FloatField(null=True, blank=True, validators=SHARE)
    "The largest share of labels by models alone that may differ from people's, under `certified`; None for 0.05."
    certified_risk = models.FloatField(null=True, blank=True, validators=SHARE)
    "The probability that this is not kept; None for 0.10."
    certified_score_by = models.CharField(max_length=11, choices=ScoreBy, null=True, blank=True)
    "What the thresholds of `certified` are of; None for the share of the ballots."
    split_by = models.CharField(max_length=7, choices=SplitBy, default=SplitBy.CLUSTER, db_default=SplitBy.CLUSTER)
    "What its releases keep in one split, unless one is asked for otherwise. Projects older than clusters have prompt."
    salt = models.CharField(max_length=32, default=make_salt, editable=False)
    "Salt of the raters' pseudonyms, so that releases name nobody and are reproducible."
    items_version = models.PositiveBigIntegerField(default=0, editable=False)
    "Raised whenever items are added, withdrawn or restored, so that the queue notices."
    has_questions = models.BooleanField(default=False, db_default=False, editable=False)
    "Whether a question was ever added; the database sets it with the first. Projects without one query for none."
    has_attacks = models.BooleanField(default=False, db_default=False, editable=False)
    "Whether its red-team room is switched on. Pages go by it, so that no other project has a query for it."
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    "Since when it is archived: read and exported, but not changed. None while it is in use."

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(wants_prompt_label=True) | models.Q(wants_response_label=True),
                name="project_wants_a_label",
            ),
            models.CheckConstraint(
                condition=~models.Q(policy="aegis2") | models.Q(wants_prompt_label=True),
                name="aegis2_starts_from_the_prompt",
            ),
            models.CheckConstraint(condition=models.Q(quorum__gte=1), name="quorum_is_positive"),
            models.CheckConstraint(condition=models.Q(votes_wanted__gte=1), name="votes_wanted_is_positive"),
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the label fields the project wants, prompt first."""
        return tuple(field.value for field in FIELDS if getattr(self, f"wants_{field}"))


class Member(models.Model):
    """A person in a project, with their role."""

    class Role(models.TextChoices):
        """Roles in ascending order; each may do what those before it may."""

        ANNOTATOR = "annotator", "Annotator"
        ADJUDICATOR = "adjudicator", "Adjudicator"
        LEAD = "lead", "Lead"
        ADMIN = "admin", "Admin"

    project = models.ForeignKey(Project, models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    role = models.CharField(max_length=12, choices=Role, default=Role.ANNOTATOR)
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "user"], name="one_membership_a_person")]

    def __str__(self) -> str:
        return f"{self.user} in {self.project}: {self.role}"
