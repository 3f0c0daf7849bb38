"""What of a project's dialogues stands in a benchmark, or in a list of hashes."""

from typing import Any

from django.conf import settings
from django.db import models

from corpus.models import Project
from guards.models.benchmark import Benchmark


class HashList(models.Model):
    """The hashes of a benchmark's cases that its owner does not pass on. It never changes."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    name = models.SlugField(max_length=60)
    task = models.CharField(max_length=8, choices=Benchmark.Task)
    file = models.CharField(max_length=200, blank=True, default="")
    "As its owner calls it."
    rows = models.PositiveIntegerField()
    "Different hashes."
    hashes: Any = models.BinaryField()
    "All of them, sorted, 32 bytes each."
    sha256 = models.CharField(max_length=64)
    "Of `hashes`."
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="one_hash_list_a_name")]

    def __str__(self) -> str:
        return self.name


class Comparison(models.Model):
    """The last comparison of a project's dialogues with the cases of something."""

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

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.pk}: {self.contaminated} of {self.rows}"

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


class ContaminationReport(Comparison):
    """The comparison with a benchmark."""

    benchmark = models.OneToOneField(Benchmark, models.CASCADE, primary_key=True, related_name="contamination")


class HashListReport(Comparison):
    """The comparison with a list of hashes, which finds equal texts only."""

    hash_list = models.OneToOneField(HashList, models.CASCADE, primary_key=True, related_name="contamination")
