"""Stored figures."""

from django.conf import settings
from django.db import models

from corpus.models import Project


class Report(models.Model):
    """The figures of one kind for a project, as of their computation. Pages only read them."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    policy = models.CharField(max_length=20)
    kind = models.CharField(max_length=20)
    fingerprint = models.JSONField()
    "Fingerprint of the input: opinions, settlements, policy settings, gold, audits, checks, sample and list of terms."
    content = models.JSONField()
    computed_at = models.DateTimeField()
    seconds = models.FloatField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "policy", "kind"], name="one_report_a_kind")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.project}"


class Measurement(models.Model):
    """The last measurement of a project that somebody asked for or that failed, so that nobody waits for it in vain."""

    project = models.OneToOneField(Project, models.CASCADE, related_name="+", primary_key=True)
    requested_at = models.DateTimeField(null=True)
    "None if it was not asked for but due."
    ended_at = models.DateTimeField(null=True)
    "None from the request until a worker has finished or failed."
    error = models.TextField(blank=True, default="")
    "Why it failed, as a sentence; empty if it did not."

    def __str__(self) -> str:
        return f"measurement of {self.project}"


class WatchedPromise(models.Model):
    """How often labels that the jurors decide alone are wrong at most, as somebody has it watched. Never edited."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    error = models.FloatField()
    "The share of labels that may differ from people's."
    risk = models.FloatField()
    "The probability of an alarm although the promise is kept, over all time."
    thresholds = models.JSONField()
    "By label field, the score from which on the jurors decide alone, as a fraction in lowest terms."
    score_by = models.CharField(max_length=11, choices=Project.ScoreBy, default="share", db_default="share")
    "What the thresholds are of."
    last_vote = models.BigIntegerField()
    "The highest primary key of a vote at that time: what people had finished by then does not test the promise."
    follows = models.BooleanField(default=False, db_default=False)
    "Whether it is that of the certificate, whose thresholds it follows, and not of a person."
    shares = models.PositiveSmallIntegerField(null=True)
    "Among how many fields the risk is divided; as many as have thresholds if None."
    carried = models.JSONField(default=dict, db_default={})
    "By label field: how many items tested the promise under earlier thresholds, and how many of them were wrong."
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    broken_at = models.DateTimeField(null=True)
    "When labels were first shown to be worse than promised. It stays, whatever comes later."
    broken_fields = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["project", "-id"], name="promises_of_a_project")]

    def __str__(self) -> str:
        return f"promise {self.pk} of {self.project}"

    @property
    def risk_of_each(self) -> float:
        """Return the risk of each field, so that all of them together have the whole."""
        return self.risk / (self.shares or len(self.thresholds))


class Perspectives(models.Model):
    """An attempt to publish figures of groups of people. Never edited, and it names no person."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    made_at = models.DateTimeField()
    last_vote = models.BigIntegerField()
    "The highest primary key of the votes it counts; 0 for none."
    content = models.JSONField()
    "Figures by division; no division if none might be shown."

    class Meta:
        indexes = [models.Index(fields=["project", "-id"], name="perspectives_of_a_project")]

    def __str__(self) -> str:
        return f"perspectives {self.pk} of {self.project}"
