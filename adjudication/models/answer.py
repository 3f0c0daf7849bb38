"""The stored decisions on the answers to questions."""

from django.db import models

from corpus.models import Item, Question


class AnswerDecision(models.Model):
    """
    The decision on the answers to one question about one item under one policy, beside the labels.

    There is no row while no answer is counted; a text has one only where an adjudicator settled it.
    """

    class Status(models.TextChoices):
        """How the answer came about; `decided` is a median or a list of choices on which not all agree."""

        UNANIMOUS = "unanimous", "Unanimous"
        MAJORITY = "majority", "Majority"
        DECIDED = "decided", "Decided"
        DISPUTED = "disputed", "Disputed"
        PENDING = "pending", "Pending"
        SETTLED = "settled", "Settled"

    # A number of its own for each row took an eighth of the time that a recount spends on them.
    pk = models.CompositePrimaryKey("item", "policy", "question")
    # Neither items nor questions are ever deleted, and only a recount writes here: checking both keys of every row took
    # as long as deciding it.
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    policy = models.CharField(max_length=20)
    question = models.ForeignKey(Question, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    status = models.CharField(max_length=9, choices=Status)
    value = models.JSONField(null=True)
    "The answer, in the form that `corpus.questions.check_answers` returns; None while pending or disputed."
    counts = models.JSONField(default=dict)
    "How many of the counted answers name each choice, by its value; choices that none names are left out."
    answered = models.PositiveIntegerField(default=0)
    "How many answers were counted."
    spread = models.PositiveSmallIntegerField(null=True)
    "Of a scale: the steps from the lowest to the highest of the counted answers."
    changed_at = models.DateTimeField()
    "When a recount last changed the decision."

    class Meta:
        indexes = [
            models.Index(
                fields=["question", "policy", "item"],
                condition=models.Q(status="disputed"),
                name="disputed_answers",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question} on {self.item} under {self.policy}: {self.status}"
