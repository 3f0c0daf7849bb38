from django.conf import settings
from django.db import models

from corpus.models.project import Project


class Event(models.Model):
    """Who did what when. The database refuses to change or delete a row."""

    project = models.ForeignKey(Project, models.PROTECT, null=True, related_name="+")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    "Nobody where a command or a schedule did it."
    verb = models.CharField(max_length=60)
    "`noun.past`, as in `item.voted`."
    subject = models.TextField(blank=True, default="")
    "The external id or name of what it was done to."
    detail = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["project", "-at"], name="event_by_project")]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject}"
