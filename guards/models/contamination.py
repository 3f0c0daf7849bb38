"""What of a project's dialogues stands in a benchmark."""

from django.db import models

from guards.models.benchmark import Benchmark


class ContaminationReport(models.Model):
    """The last comparison of a project's dialogues with a benchmark."""

    benchmark = models.OneToOneField(Benchmark, models.CASCADE, primary_key=True, related_name="contamination")
    method = models.PositiveSmallIntegerField()
    "Version of the rules: `corpus.similarity.rules.METHOD`."
    items_version = models.PositiveBigIntegerField()
    "Of the project when it was compared."
    rows = models.PositiveIntegerField()
    "Dialogues that were compared: those in use whose prompt is not withheld."
    equal = models.PositiveIntegerField()
    "Those with a text of the same words as a case."
    near = models.PositiveIntegerField()
    "Those with a near-duplicate of a case, and none that is equal."
    cases_found = models.PositiveIntegerField()
    "Cases that one of these is like."
    examples = models.JSONField()
    "The most alike first: id of the dialogue, id of the case, similarity."
    seconds = models.FloatField()
    checked_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.benchmark}: {self.contaminated} of {self.rows}"

    @property
    def contaminated(self) -> int:
        """The number of dialogues with an equal text or a near-duplicate."""
        return self.equal + self.near

    @property
    def share(self) -> float:
        """The share of these among the dialogues, 0 to 1."""
        return self.contaminated / self.rows if self.rows else 0.0

    @property
    def percent(self) -> float:
        """The same in percent."""
        return 100 * self.share
