"""What API tokens may do."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from knox.models import AuthToken

from corpus.models.project import Project


class TokenGrant(models.Model):
    """The name and scopes of an API token. Knox stores its hash, its user and its expiry."""

    class Scope(models.TextChoices):
        """What a token may do."""

        READ = "read", "Read what its person may read"
        LABEL = "label", "Take, skip and label dialogues"
        SETTLE = "settle", "Take and settle cases"
        JURY = "jury", "Add jurors, start and end runs"
        DATA = "data", "Import, recount, change the policy, release"

    token = models.OneToOneField(AuthToken, models.CASCADE, related_name="+")
    name = models.CharField(max_length=100)
    scopes = ArrayField(models.CharField(max_length=6, choices=Scope))
    project = models.ForeignKey(Project, models.CASCADE, null=True, blank=True, related_name="+")
    "The only project it works in; None for all of the user's."
    last_used_at = models.DateTimeField(null=True, blank=True)
    "Updated at most once an hour, so that most calls need not write."

    def __str__(self) -> str:
        return self.name

    @property
    def scope_names(self) -> list[str]:
        """Return what the token may do, in words."""
        return [str(self.Scope(scope).label) for scope in self.scopes]

    @property
    def has_expired(self) -> bool:
        """Return whether the token has expired."""
        return bool(self.token.expiry and self.token.expiry < timezone.now())
