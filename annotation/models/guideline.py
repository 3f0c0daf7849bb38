from django.db import models

from corpus.models import Project


class GuidelineVersion(models.Model):
    """The instructions as they stood when a vote was cast. A version is never edited."""

    IMPORTED = "imported"

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    "`1`, `2`, …, or `imported` for opinions made elsewhere."
    body = models.TextField(blank=True, default="")
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="one_guideline_a_name")]

    def __str__(self) -> str:
        return self.name
