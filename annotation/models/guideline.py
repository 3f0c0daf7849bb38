"""Versions of a project's guideline."""

from django.conf import settings
from django.db import models

from corpus.models import Project


class GuidelineVersion(models.Model):
    """The instructions as they stood when a vote was cast. A version is never edited."""

    IMPORTED = "imported"

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    "`1`, `2`, …, or `imported` for opinions made elsewhere."
    body = models.TextField(blank=True, default="")
    "Guidance for all categories, in paragraphs of plain text."
    entries = models.JSONField(default=dict, blank=True)
    "Category slug to `{included: [text], excluded: [text]}`. A missing category keeps the taxonomy's texts."
    faq = models.JSONField(default=list, blank=True)
    "A list of `{question, answer}`."
    summary = models.TextField(blank=True, default="")
    "What changed, as the person who published it wrote."
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="one_guideline_a_name")]

    def __str__(self) -> str:
        return self.name
