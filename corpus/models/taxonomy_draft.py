"""Changes of a taxonomy that wait to be published."""

from django.conf import settings
from django.db import models

from corpus.models.project import Project
from corpus.models.taxonomy import Taxonomy


class TaxonomyDraft(models.Model):
    """The changes that leads have collected for the next version of a project's taxonomy; one draft a project."""

    project = models.OneToOneField(Project, models.CASCADE, related_name="+")
    based_on = models.ForeignKey(Taxonomy, models.PROTECT, related_name="+")
    "The version that the changes were made for."
    changes = models.JSONField(default=list)
    "Each as `corpus.categories.changes` takes it, in order."
    revision = models.PositiveIntegerField(default=0)
    "Raised with every change, so that a lead notices what another did meanwhile."
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{len(self.changes)} changes of {self.based_on}"
