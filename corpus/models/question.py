"""Questions that a project asks besides the labels."""

from django.db import models

from corpus.models.project import Project


class Question(models.Model):
    """
    A question on every item of a project. Its answers are stored with the opinions, by its key.

    What an answer may be is said in corpus.questions, how a question is added or changed in corpus.actions.

    Once somebody has answered it, its type, its choices and what it is about stay; it can be retired.
    """

    class Type(models.TextChoices):
        """What an answer looks like in the `answers` of an opinion."""

        YES_NO = "yes_no", "Yes or no"  # "yes" or "no"
        ONE_OF = "one_of", "One of several"  # the value of a choice
        MANY_OF = "many_of", "Any of several"  # a list of values, in the order of the choices
        ORDINAL = "ordinal", "A scale"  # the value of a choice; the choices are in ascending order
        TEXT = "text", "A text"

    class AskedOf(models.TextChoices):
        """Whom it is asked."""

        PEOPLE = "people", "People"
        JURORS = "jurors", "Jurors"
        BOTH = "both", "People and jurors"

    class About(models.TextChoices):
        """What it is asked of. A question about the response is not asked of a prompt-only item."""

        PROMPT = "prompt", "The prompt"
        RESPONSE = "response", "The response"
        DIALOGUE = "dialogue", "The whole dialogue"

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    key = models.SlugField(max_length=60)
    "Its name in JSON and files: small letters, digits and underscores."
    text = models.CharField(max_length=300)
    "The question as people and jurors read it."
    guidance = models.TextField(blank=True, default="")
    "How to answer it, in plain text."
    type = models.CharField(max_length=8, choices=Type)
    choices = models.JSONField(default=list, blank=True)
    'A list of `{"value": str, "name": str}`; empty for `yes_no` and `text`.'
    asked_of = models.CharField(max_length=7, choices=AskedOf, default=AskedOf.PEOPLE)
    about = models.CharField(max_length=8, choices=About, default=About.DIALOGUE)
    is_required = models.BooleanField(default=True)
    opens_cases = models.BooleanField(default=False)
    "Whether a disputed answer opens a case."
    position = models.PositiveSmallIntegerField()
    "From 1, in the order of the page."
    added_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    "Since when it is no longer asked. Its answers stay."

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="one_question_a_key"),
            models.CheckConstraint(
                condition=models.Q(type__in=["yes_no", "text"], choices=[])
                | (models.Q(type__in=["one_of", "many_of", "ordinal"]) & ~models.Q(choices=[])),
                name="question_has_the_choices_of_its_type",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} in {self.project}"
