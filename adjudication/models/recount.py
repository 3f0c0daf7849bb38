from django.db import models

from corpus.models import Project


class Recount(models.Model):
    """When the decisions of a project under a policy were last counted, and from what."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    policy = models.CharField(max_length=20)
    fingerprint = models.JSONField()
    "How many items, opinions and settlements there were, and the settings: other ones need another count."
    counted_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "policy"], name="one_recount_a_policy")]

    def __str__(self) -> str:
        return f"{self.project} under {self.policy}"
