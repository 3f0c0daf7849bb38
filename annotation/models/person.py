"""How a person works: preferences, work per day, and the acknowledgement of the content."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models


class Person(models.Model):
    """How a person with an account wants to work, in all projects."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", primary_key=True)
    masks_text = models.BooleanField(default=True)
    "Whether dialogues are hidden until revealed."
    opted_out = ArrayField(models.TextField(), default=list, blank=True)
    "Slugs of categories this person does not want to see."
    daily_cap = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    "Votes a day in all projects together. A project may set a lower cap."
    break_after_minutes = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    "Work without a break. A project may set a shorter time."
    time_zone = models.CharField(max_length=64, default="UTC")

    def __str__(self) -> str:
        return str(self.user)


class WorkDay(models.Model):
    """What one person did on one day in their own time zone, updated with every vote, skip and turn of an attack."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    ends_at = models.DateTimeField()
    "Midnight in the time zone that the person had when the day began."
    votes = models.PositiveIntegerField(default=0)
    skips = models.PositiveIntegerField(default=0)
    turns = models.PositiveIntegerField(default=0, db_default=0)
    "Messages sent to models that the person attacked. They count towards the daily cap, as votes do."
    seconds = models.FloatField(default=0)
    "Time at work: between answers, without longer pauses."
    stretch_began_at = models.DateTimeField()
    "When the work without a break began."
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="one_work_day_a_day")]

    def __str__(self) -> str:
        return f"{self.user} on {self.day}"


class Acknowledgement(models.Model):
    """A person's acknowledgement of the kind of content they will see."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    version = models.PositiveSmallIntegerField()
    "Of the text they read."
    acknowledged_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "version"], name="one_acknowledgement_a_version")]

    def __str__(self) -> str:
        return f"{self.user} acknowledged version {self.version}"
