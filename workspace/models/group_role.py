"""Roles that groups of the sign-in provider give."""

from django.conf import settings
from django.db import models

from corpus.models import Project


class GroupRole(models.Model):
    """A role that a person has by a group of the provider, and not by an admin: it ends with the group."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="+")
    "Null for the role of site admin."

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "project"], nulls_distinct=False, name="one_group_role_a_project")
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.project or 'the site'}"
