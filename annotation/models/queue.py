"""Settings of a project's queue."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from corpus.models import Project

PERCENT = [MaxValueValidator(100)]
MOST_APART = 200
SETTINGS = (
    "lease_minutes",
    "daily_cap",
    "break_after_minutes",
    "break_minutes",
    "gold_percent",
    "repeat_percent",
    "audit_percent",
    "sample_percent",
    "similar_apart",
    "stops_early",
    "most_votes",
    "orders_by",
    "random_percent",
)
"The fields of `Queue` that leads set, in the order of its form."


class Queue(models.Model):
    """How a project hands out its items."""

    class Order(models.TextChoices):
        """By what the next item of a person is chosen."""

        RANDOM = "random", "at random"
        DISAGREEMENT = "disagreement", "where people will probably disagree first"

    project = models.OneToOneField(Project, models.CASCADE, related_name="+", primary_key=True)
    lease_minutes = models.PositiveSmallIntegerField(default=30, validators=[MinValueValidator(1)])
    daily_cap = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    "Votes a person may cast a day."
    break_after_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, default=50, validators=[MinValueValidator(1)]
    )
    "Minutes of work after which a break is due. None means never."
    break_minutes = models.PositiveSmallIntegerField(default=5, validators=[MinValueValidator(1)])
    gold_percent = models.PositiveSmallIntegerField(default=5, validators=PERCENT)
    "Percentage of claims that lease an item with a gold label, while there are such items."
    repeat_percent = models.PositiveSmallIntegerField(default=0, validators=PERCENT)
    "Percentage of claims that lease an item the person has judged before."
    audit_percent = models.PositiveSmallIntegerField(default=15, validators=PERCENT)
    "Percentage of finished items that a lead audits."
    sample_percent = models.PositiveSmallIntegerField(default=0, db_default=0, validators=PERCENT)
    "Percentage of items not drawn yet that a draw puts into the blind random sample. 0 means none is drawn."
    similar_apart = models.PositiveSmallIntegerField(
        default=0, db_default=0, validators=[MaxValueValidator(MOST_APART)]
    )
    "After how many others a person may get a near-duplicate of an item they judged, if there are others. 0: at once."
    stops_early = models.BooleanField(default=False, db_default=False)
    "Whether an item wants no more votes once none of them can change its labels."
    most_votes = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    "Up to how many votes an item gets, one at a time, while those it has decide nothing. None means no more are asked."
    orders_by = models.CharField(max_length=12, choices=Order, default=Order.RANDOM, db_default=Order.RANDOM)
    random_percent = models.PositiveSmallIntegerField(
        default=10, db_default=10, validators=[MinValueValidator(1), *PERCENT]
    )
    "Percentage of claims that take an item at random all the same, where the queue has another order."
    slots_version = models.PositiveBigIntegerField(default=0)
    "The version of the project's items that slots were last opened for."

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(lease_minutes__gte=1, break_minutes__gte=1), name="queue_times_are_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(gold_percent__lte=100, repeat_percent__lte=100, audit_percent__lte=100),
                name="queue_percents_are_percents",
            ),
            models.CheckConstraint(
                condition=models.Q(sample_percent__lte=100), name="queue_sample_percent_is_a_percent"
            ),
            models.CheckConstraint(
                condition=models.Q(random_percent__gte=1, random_percent__lte=100),
                name="queue_keeps_some_claims_random",
            ),
        ]

    def __str__(self) -> str:
        return f"queue of {self.project}"
