"""Webhooks, and what is delivered to them."""

import uuid
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models

from corpus.models import Project


class Webhook(models.Model):
    """An address outside to which a project tells what happens in it."""

    class Kind(models.TextChoices):
        """What can be told of."""

        RELEASE_MADE = "release.made", "Release made"
        CASE_OPENED = "case.opened", "Cases opened"
        RUN_STOPPED = "run.stopped", "Run stopped"
        JOB_FAILED = "job.failed", "Job failed"
        CERTIFICATE_BROKEN = "certificate.broken", "Labels worse than promised"

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    url = models.CharField(max_length=500)
    "Often a secret itself, so only admins see it; lists and the audit log have its host alone."
    kinds = models.JSONField()
    "What it tells of: values of `Kind`, each with the moment from which on, in ISO 8601."
    salt = models.CharField(max_length=64)
    "Random. The secret is made from it and the installation's SECRET_KEY (`workspace.signing`), and not stored."
    fingerprint = models.CharField(max_length=16)
    "The beginning of the secret's SHA-256: it shows that SECRET_KEY is another than it was."
    is_active = models.BooleanField(default=True)
    stopped_because = models.TextField(blank=True, default="")
    "Why it was switched off, if not by a person."
    failures = models.PositiveIntegerField(default=0)
    "Deliveries that were given up, in a row."
    last_case = models.BigIntegerField(default=0)
    "The highest primary key of a case that was told of, or that there was when cases were chosen."
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "url"], name="one_webhook_an_address")]

    def __str__(self) -> str:
        return self.host

    @property
    def host(self) -> str:
        """Return the host of the address, with its port if it names one."""
        return urlsplit(self.url).netloc

    @property
    def address(self) -> str:
        """Return the address without its query, for its own page."""
        return self.url.partition("?")[0]

    @property
    def kind_labels(self) -> list[str]:
        """Return what it tells of, in words."""
        return [str(kind.label) for kind in self.Kind if kind in self.kinds]


class Delivery(models.Model):
    """A message to a webhook. It is tried again until the webhook accepts it or it is given up."""

    class State(models.TextChoices):
        """Only a waiting delivery is sent."""

        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Given up"

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="+")
    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    "The same at each try, so that the receiver can drop doubles."
    source = models.CharField(max_length=120)
    "What it tells of, such as `release 12`; a webhook is told of each source once."
    kind = models.CharField(max_length=20)
    "A value of `Webhook.Kind`, or `test`."
    body = models.TextField()
    "The JSON as it is signed and sent, byte for byte."
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    "Tries that began."
    next_attempt_at = models.DateTimeField(null=True)
    "None once it has ended."
    status = models.PositiveSmallIntegerField(null=True)
    "HTTP status of the last answer; None if there was none."
    answer = models.TextField(blank=True, default="")
    "The beginning of the last answer, or why there was none."
    seconds = models.FloatField(null=True)
    "How long the last try took."
    made_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["webhook", "source"], name="one_delivery_a_source")]
        indexes = [
            models.Index(
                fields=["webhook", "next_attempt_at"],
                condition=models.Q(state="waiting"),
                name="deliveries_that_wait",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.webhook_id}"

    @property
    def message_id(self) -> str:
        """Return the id that the receiver gets."""
        return f"msg_{self.uid.hex}"

    @property
    def kind_label(self) -> str:
        """Return its kind in words."""
        return str(Webhook.Kind(self.kind).label) if self.kind in Webhook.Kind else "Test"
