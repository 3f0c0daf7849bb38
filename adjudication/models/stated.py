"""What was measured of a project and is stated in the papers of its releases."""

from django.db import models

from corpus.models import Project


class StatedFigures(models.Model):
    """
    Figures of one kind, as they were last measured or published.

    `quality` and `guards` write them and `releases` reads them here, below all, since `releases` may know neither.
    They name no rater and no dialogue.
    """

    class Kind(models.TextChoices):
        DISAGREEMENT = "disagreement"
        "Why people disagree."
        BIAS = "bias"
        "Dialogues that name identity groups beside others."
        PERSPECTIVES = "perspectives"
        "What was published of groups of people, by question."
        TWINS = "twins"
        "How often models answer otherwise when another identity group is named."

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind)
    policy = models.CharField(max_length=20, blank=True, default="")
    "Under which they were measured; empty where they do not depend on it."
    content = models.JSONField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "kind"], name="one_row_a_kind_of_stated_figures")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.project}"
