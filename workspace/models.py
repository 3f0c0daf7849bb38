"""Jobs that workers do for people."""

from django.conf import settings
from django.db import models

from corpus.models import Project


class Job(models.Model):
    """Something that takes longer than a request may: done by a worker, followed here to its end."""

    class Kind(models.TextChoices):
        DIALOGUES = "dialogues", "Import of dialogues"
        VOTES = "votes", "Import of votes"
        RELEASE = "release", "Release"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting for a worker"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    OPEN = (State.WAITING, State.RUNNING)

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=9, choices=Kind)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    request = models.JSONField(default=dict)
    "What is to be done: the name of the uploaded file, or the order of a release."
    share = models.FloatField(default=0.0)
    "How far it is, 0 to 1."
    result = models.JSONField(null=True)
    "What the command would have answered."
    error = models.TextField(blank=True, default="")
    "Why it failed, in words for whoever asked."
    attempts = models.PositiveSmallIntegerField(default=0)
    holder = models.CharField(max_length=32, blank=True, default="")
    seen_at = models.DateTimeField(null=True)
    "When its worker last gave a sign of life."
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["project", "-id"], name="jobs_of_a_project")]

    def __str__(self) -> str:
        return f"job {self.pk}"

    @property
    def subject(self) -> str:
        """The name of the file or of the version."""
        return str(self.request.get("name") or self.request.get("version", ""))

    @property
    def has_rejected_rows(self) -> bool:
        return bool(self.result and self.result.get("rejected"))

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN
