"""Guards that were trained on a release."""

from django.db import models

from corpus.models import Project
from releases.models import Release


class TrainedGuard(models.Model):
    """A small guard trained on a release. It never changes; other settings or data make another guard."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    name = models.SlugField(max_length=60)
    release = models.ForeignKey(Release, models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    "Of its weights and settings."
    manifest = models.JSONField()
    "What it was trained on, how, and how it scored on the validation split."
    folder = models.TextField()
    trained_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="one_trained_guard_a_name")]

    def __str__(self) -> str:
        return self.name
