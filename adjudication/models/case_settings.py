"""Settings of cases: one row at most for a project, for which the defaults hold without one."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from corpus.models import Project


class CaseSettings(models.Model):
    """How a project settles its cases."""

    project = models.OneToOneField(Project, models.CASCADE, related_name="+", primary_key=True)
    hold_minutes = models.PositiveSmallIntegerField(default=30, validators=[MinValueValidator(1)])
    "How long a claim holds a case; an open page renews the hold."
    wants_second = models.BooleanField(default=False)
    "Whether another adjudicator is asked for a blind answer on every settled case."

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(hold_minutes__gte=1), name="hold_is_positive")]

    def __str__(self) -> str:
        return f"case settings of {self.project}"
