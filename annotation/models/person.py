from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models


class Person(models.Model):
    """How somebody with an account wants to work, in whatever project."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", primary_key=True)
    masks_text = models.BooleanField(default=True)
    "Whether dialogues are hidden until revealed."
    opted_out = ArrayField(models.TextField(), default=list, blank=True)
    "Slugs of categories this person is not to be shown."
    daily_cap = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    "Votes a day, all projects together; a project may set a lower one."
    break_after_minutes = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    "Work at a stretch before a break; a project may set a shorter one."
    time_zone = models.CharField(max_length=64, default="UTC")

    def __str__(self) -> str:
        return str(self.user)


class WorkDay(models.Model):
    """What one person did on one day of their own time zone, kept up with every vote and skip."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    votes = models.PositiveIntegerField(default=0)
    skips = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0)
    "At work: the times between answers, longer pauses left out."
    stretch_began_at = models.DateTimeField()
    "When the work without a break began."
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="one_work_day_a_day")]

    def __str__(self) -> str:
        return f"{self.user} on {self.day}"


class Acknowledgement(models.Model):
    """Somebody has read what kind of content awaits them, and said so."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    version = models.PositiveSmallIntegerField()
    "Of the text they read."
    acknowledged_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "version"], name="one_acknowledgement_a_version")]

    def __str__(self) -> str:
        return f"{self.user} acknowledged version {self.version}"
