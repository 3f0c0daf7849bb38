"""Jobs that workers do for people."""

from django.conf import settings
from django.db import models

from corpus.models import Project


class Job(models.Model):
    """Work that takes longer than a request may: an import, a release or its push, done by a worker."""

    class Kind(models.TextChoices):
        DIALOGUES = "dialogues", "Import of dialogues"
        VOTES = "votes", "Import of votes"
        RELEASE = "release", "Release"
        PUSH = "push", "Push of a release"

    class State(models.TextChoices):
        DRAFT = "draft", "Not imported yet"
        WAITING = "waiting", "Waiting for a worker"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    OPEN = (State.WAITING, State.RUNNING)

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=9, choices=Kind)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    request = models.JSONField(default=dict)
    "What to do: the name of the uploaded file, the specification of a release, or where which release is pushed to."
    share = models.FloatField(default=0.0)
    "Progress, 0 to 1."
    result = models.JSONField(null=True)
    "What the command of the same kind prints as its result."
    error = models.TextField(blank=True, default="")
    "Why it failed, for the person who started it."
    attempts = models.PositiveSmallIntegerField(default=0)
    holder = models.CharField(max_length=32, blank=True, default="")
    "Random id of the worker's claim."
    seen_at = models.DateTimeField(null=True)
    "Time of the worker's last heartbeat."
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
        """Return the name of the file, or the version of the release, of a push with the place."""
        if self.kind == self.Kind.PUSH:
            return f"{self.request.get('version', '')} to {self.request.get('to', '')}"
        return str(self.request.get("name") or self.request.get("version", ""))

    @property
    def has_rejected_rows(self) -> bool:
        """Return whether an import rejected rows."""
        result = self.result or {}
        return bool(result.get("rejected") or (result.get("opinions") or {}).get("rejected"))

    @property
    def is_open(self) -> bool:
        """Return whether the job has not ended."""
        return self.state in self.OPEN
