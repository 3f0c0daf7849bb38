"""Digests by mail: who wants them, and which were sent."""

from django.conf import settings
from django.db import models


class DigestChoice(models.Model):
    """How often a person wants a mail that says what waits for them, and where to."""

    class Rhythm(models.TextChoices):
        """How often."""

        OFF = "off", "Never"
        DAILY = "daily", "Every morning"
        WEEKLY = "weekly", "On Monday mornings"

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", primary_key=True)
    rhythm = models.CharField(max_length=6, choices=Rhythm, default=Rhythm.OFF)
    address = models.EmailField(blank=True, default="")
    is_confirmed = models.BooleanField(default=False)
    "Whether somebody opened the link that was sent to the address; nothing else is sent to it before."
    asked_at = models.DateTimeField(null=True)
    "When that link was sent last."
    chosen_on = models.DateField()
    "The date for the person when they chose the rhythm: the first digest comes later."

    def __str__(self) -> str:
        return f"digest of {self.user_id}"


class Digest(models.Model):
    """A person's digest of a day. The row is written before the mail is sent, so that none is sent twice."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    "The date for the person; of a weekly digest, its Monday."
    lines = models.PositiveSmallIntegerField(default=0)
    "How many things waited; 0: nothing did, so no mail was sent."
    sent_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, default="")
    "Why the mail was not sent."
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="one_digest_a_day")]

    def __str__(self) -> str:
        return f"digest of {self.user_id} on {self.day}"
