"""What a project asks its people about themselves, and what they answer. No row here names a vote."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from corpus.models import Project

LEAST_PEOPLE = 5
"No figure is about fewer people, in any project."
MOST_PEOPLE = 1_000


class BackgroundQuestion(models.Model):
    """A question about the people who label. Never edited: their answers would come to mean something else."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=60)
    text = models.CharField(max_length=300)
    purpose = models.TextField()
    "What the answers are for. People read it before they answer."
    choices = models.JSONField()
    "The answers to choose one from, in order: a list of `{value, name}`."
    least_people = models.PositiveSmallIntegerField(
        default=LEAST_PEOPLE, validators=[MinValueValidator(LEAST_PEOPLE), MaxValueValidator(MOST_PEOPLE)]
    )
    "No figure by this question is about fewer people."
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="one_background_question_a_key"),
            models.CheckConstraint(condition=Q(least_people__gte=LEAST_PEOPLE), name="no_figure_of_few_people"),
        ]

    def __str__(self) -> str:
        return f"{self.key} in {self.project}"


class BackgroundAnswer(models.Model):
    """
    What a person says of themselves. It has no time and no event, so that nobody can tell who answered when.

    Deleted for good whenever the person wants, leaves the project or is anonymised.
    """

    question = models.ForeignKey(BackgroundQuestion, models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    choice = models.CharField(max_length=60)
    "The value of one of the question's choices."

    class Meta:
        constraints = [models.UniqueConstraint(fields=["question", "user"], name="one_background_answer_a_person")]

    def __str__(self) -> str:
        return f"an answer to {self.question}"
