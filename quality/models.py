"""Stored figures."""

from django.db import models

from corpus.models import Project


class Report(models.Model):
    """The figures of one kind for a project, as of their computation. Pages only read them."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    policy = models.CharField(max_length=20)
    kind = models.CharField(max_length=20)
    fingerprint = models.JSONField()
    "Fingerprint of the input: opinions, settlements, policy settings, gold, audits, checks and the sample."
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
