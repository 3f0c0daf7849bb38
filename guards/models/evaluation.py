"""Evaluations of guards on benchmarks, and their verdicts."""

from typing import Any

from django.contrib.auth.models import User
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from corpus.labels import LABELS
from corpus.models import Project
from guards.models.benchmark import Benchmark, CaseText
from jury.models import Answer, Juror, Run


class TransformedText(models.Model):
    """A text as a transform has rewritten it, for measuring evasion."""

    text = models.ForeignKey(CaseText, models.PROTECT, related_name="+", db_index=False)
    transform = models.CharField(max_length=40)
    "A key of `guards.transforms.TRANSFORMS`."
    result = models.ForeignKey(CaseText, models.PROTECT, related_name="+")
    "The same text where the transform changes nothing."

    class Meta:
        constraints = [models.UniqueConstraint(fields=["text", "transform"], name="one_text_a_transform")]

    def __str__(self) -> str:
        return f"{self.text}, {self.transform}"


class Evaluation(models.Model):
    """A guard asked about the cases of a benchmark. Its figures are made from the verdicts, and can be made again."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    run = models.OneToOneField(Run, models.PROTECT, related_name="evaluation")
    juror = models.ForeignKey(Juror, models.PROTECT, related_name="+")
    benchmark = models.ForeignKey(Benchmark, models.PROTECT, related_name="+")
    transforms = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    "Keys of `guards.transforms.TRANSFORMS`: every case is asked about once more with each."
    limit = models.PositiveIntegerField(null=True)
    "So many cases only, drawn at random in the same way every time; None for all."
    left_out_cases = ArrayField(models.PositiveIntegerField(), default=list, blank=True)
    "Numbers of the cases that are left out, as the guard was trained on their text or helped decide their label."
    left_out_of = models.CharField(max_length=60, blank=True, default="")
    "Version of the release that the guard was trained on; empty if none is known."
    near_left_out = models.PositiveIntegerField(null=True)
    "How many of these cases are near-duplicates of a text it was trained on; None if such cases are not left out."
    started_at = models.DateTimeField(auto_now_add=True)
    started_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return f"evaluation {self.pk}"

    @property
    def is_under_way(self) -> bool:
        """Whether the guard is still to be asked about cases."""
        return self.run.state in Run.OPEN

    @property
    def left_out(self) -> int:
        """How many cases are left out."""
        return len(self.left_out_cases)

    @property
    def why_left_out(self) -> str:
        """Why cases are left out, in words."""
        if not self.left_out_of:
            return "the guard helped decide their label"
        near = "" if self.near_left_out is None else f", or nearly ({self.near_left_out:,} of them)"
        stands = f"their text stands in the training split of release {self.left_out_of}{near}"
        return f"{stands}, or the guard helped decide their label"


class Verdict(Answer):
    """What a guard said of a text, or the reason why it said nothing. Its label and categories are its own words."""

    SUBJECT = "text"

    text = models.ForeignKey(CaseText, models.PROTECT, related_name="+", db_index=False)
    label = models.CharField(max_length=13, null=True)
    categories = ArrayField(models.TextField(), default=list)
    "As the guard names them, by no taxonomy."
    probability = models.FloatField(null=True)
    "Of unsafe, 0 to 1; None where the guard gives none."
    order_seed = models.PositiveIntegerField(null=True)
    "Seed of the order of the categories in the prompt; None if they were not shuffled."
    request_hash: Any = models.BinaryField()
    "Hash of everything that can change the verdict."
    cached_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    "The verdict on an identical earlier request, which this one repeats."

    class Meta:
        indexes = [
            models.Index(
                fields=["request_hash"], condition=Q(outcome="cast", cached_from=None), name="verdicts_to_repeat"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["run", "text"], name="one_verdict_a_text"),
            models.CheckConstraint(
                condition=(Q(outcome="cast") & Q(label__in=sorted(LABELS)))
                | (~Q(outcome="cast") & Q(label=None, categories=[], probability=None)),
                name="verdict_has_a_label_exactly_when_cast",
            ),
            models.CheckConstraint(
                condition=Q(probability=None) | Q(probability__gte=0, probability__lte=1),
                name="verdict_probability_is_one",
            ),
        ]
