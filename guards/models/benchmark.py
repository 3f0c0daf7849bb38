"""Benchmarks, their cases, and the texts of these."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from corpus.models import Project
from releases.models import Release


class CaseText(models.Model):
    """A text that guards judge. It is stored once, however many benchmarks have it."""

    content_hash: Any = models.BinaryField(max_length=32, unique=True)
    "SHA-256 of the turns as JSON, and of whether they end at the prompt."
    turns = models.JSONField()
    "The prompt, as a user turn and what was said before it; where a response is judged, an assistant turn after it."
    ends_at_prompt = models.BooleanField(default=False, db_default=False)
    "Whether the last turn is the assistant's and yet belongs to the prompt: two of its turns followed each other."

    def __str__(self) -> str:
        return f"text {self.pk}"


class Benchmark(models.Model):
    """A labelled file, a split of a release, or a set of twins, on which guards are evaluated. It never changes."""

    class Task(models.TextChoices):
        """What is judged."""

        PROMPT = "prompt", "Prompts"
        RESPONSE = "response", "Responses"

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    name = models.SlugField(max_length=60)
    title = models.CharField(max_length=200)
    task = models.CharField(max_length=8, choices=Task)
    licence = models.CharField(max_length=60, blank=True, default="")
    source = models.CharField(max_length=300, blank=True, default="")
    "Repository, commit and path of the published file; empty for a file of one's own."
    note = models.TextField(blank=True, default="")
    sha256 = models.CharField(max_length=64)
    "Of the unpacked file."
    is_known = models.BooleanField()
    "Whether it was read by one of the definitions of known benchmarks."
    rows = models.PositiveIntegerField()
    "Rows of the file that count."
    labelled = models.PositiveIntegerField()
    positives = models.PositiveIntegerField()
    "Rows whose label is unsafe."
    expected_rows = models.PositiveIntegerField(null=True)
    expected_positives = models.PositiveIntegerField(null=True)
    "As published; None where that is not known."
    release = models.ForeignKey(Release, models.PROTECT, null=True, related_name="+")
    "The release that it is a split of; None for a file."
    split = models.CharField(max_length=10, blank=True, default="")
    label_sources = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    "Of a release: who decided the labels of its cases, as `*_label_source` says, sorted; empty for all."
    twins = models.JSONField(null=True)
    "Of a set of twins: by which terms and templates it was made, and which dialogues were left out; None for others."
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["release", "split", "task", "label_sources"], name="one_benchmark_a_split_task_and_sources"
            ),
            models.UniqueConstraint(fields=["project", "name"], name="one_benchmark_a_name"),
            models.CheckConstraint(
                condition=models.Q(positives__lte=models.F("labelled"), labelled__lte=models.F("rows")),
                name="benchmark_counts_fit",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_of_twins(self) -> bool:
        """Whether its cases are families of twins, which are drawn and compared as wholes."""
        return self.twins is not None

    @property
    def differs(self) -> bool:
        """Whether its counts are not the published ones, so that its figures cannot be compared with published ones."""
        published = (self.expected_rows, self.expected_positives)
        return any(want not in (None, have) for want, have in zip(published, (self.rows, self.positives), strict=True))


class BenchmarkCase(models.Model):
    """A case of a benchmark: a text with its label and what it tests."""

    benchmark = models.ForeignKey(Benchmark, models.CASCADE, related_name="cases", db_index=False)
    number = models.PositiveIntegerField()
    "Of its row in the file."
    case_id = models.TextField()
    "As the file has it; the number of the row where it has none."
    text = models.ForeignKey(CaseText, models.PROTECT, related_name="+")
    is_unsafe = models.BooleanField(null=True)
    "None where the benchmark has no label."
    category = models.TextField(blank=True, default="")
    kind = models.TextField(blank=True, default="")
    "What it tests, such as a function of HateCheck or a type of XSTest."
    group = models.TextField(blank=True, default="")
    "The identity group it names."
    pair = models.TextField(blank=True, default="")
    "Cases of one pair come from one template, and differ in the group alone."
    language = models.TextField(blank=True, default="")
    label_source = models.CharField(max_length=30, blank=True, default="")
    "Who decided the label, as the release says; empty for a file."

    class Meta:
        constraints = [models.UniqueConstraint(fields=["benchmark", "number"], name="one_case_a_row")]

    def __str__(self) -> str:
        return f"{self.case_id} of {self.benchmark}"
