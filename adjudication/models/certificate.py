"""Certificates of labels that jurors decide alone."""

from django.db import models
from django.db.models import Q

from corpus.models import Project


class Certificate(models.Model):
    """What was promised of the labels that jurors decide alone, from a recount on to the next that found otherwise."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    is_current = models.BooleanField(default=True)
    content = models.JSONField()
    "As `adjudication.certifying.certificates.certificate_of` returns it: error, risk, and for each field its levels."

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project"], condition=Q(is_current=True), name="one_current_certificate_a_project"
            )
        ]

    def __str__(self) -> str:
        return f"certificate of {self.project}, {self.made_at:%Y-%m-%d %H:%M}"
