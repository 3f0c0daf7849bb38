"""Blind answers on cases."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from adjudication.models.case import Case


class BlindAnswer(models.Model):
    """
    An adjudicator's labels for a case before any opinion was shown to them. Never edited.

    The second answer on a settled case does not change the settlement.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="+", db_index=False)
    adjudicator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    prompt_label = models.CharField(max_length=6, null=True)
    response_label = models.CharField(max_length=6, null=True)
    categories = ArrayField(models.TextField(), default=list)
    other_text = models.TextField(blank=True, default="")
    answers = models.JSONField(default=dict, db_default={})
    "Answers to the questions of the project, by key."
    note = models.TextField(blank=True, default="")
    saw_opinions_before = models.BooleanField(default=False)
    "Whether opinions on the item were shown to the person before, on any page or in any file; see visible_opinions."
    is_second = models.BooleanField(default=False)
    "Recorded on a settlement by somebody else, to be compared with it."
    answered_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "adjudicator"], name="one_blind_answer_an_adjudicator"),
            models.UniqueConstraint(fields=["case"], condition=Q(is_second=True), name="one_second_answer_a_case"),
            models.CheckConstraint(
                condition=Q(prompt_label__isnull=False) | Q(response_label__isnull=False),
                name="blind_answer_has_a_label",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.adjudicator} on {self.case}, blind"
