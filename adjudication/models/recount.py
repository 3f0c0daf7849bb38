"""When decisions were last counted."""

from django.db import models

from corpus.models import Project


class Recount(models.Model):
    """The last recount of a project under a policy."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    policy = models.CharField(max_length=20)
    fingerprint = models.JSONField()
    "The rules, the policy, and counts of items, opinions and settlements; if they differ now, a recount is needed."
    counted_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "policy"], name="one_recount_a_policy")]

    def __str__(self) -> str:
        return f"{self.project} under {self.policy}"
