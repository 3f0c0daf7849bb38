from django.db import models

from corpus.models import Project


class Report(models.Model):
    """Figures of a project as they were when its opinions last were measured. Pages read these and count nothing."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    policy = models.CharField(max_length=20)
    kind = models.CharField(max_length=20)
    fingerprint = models.JSONField()
    "What it was made from, as of a recount, with gold and audits besides: other ones need other figures."
    content = models.JSONField()
    computed_at = models.DateTimeField()
    seconds = models.FloatField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "policy", "kind"], name="one_report_a_kind")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.project}"
