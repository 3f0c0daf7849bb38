"""What a project allows in its red-team room, and who consented to it."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from corpus.models import Project
from jury.models import Juror

NOT_NEGATIVE = [MinValueValidator(0)]
MOST_TURNS = 100


class AttackSettings(models.Model):
    """Which models may be attacked in a project, by what budget, and the text that people consent to."""

    project = models.OneToOneField(Project, models.CASCADE, related_name="+", primary_key=True)
    is_on = models.BooleanField(default=False)
    targets = models.ManyToManyField(Juror, related_name="+", blank=True)
    "The generators and jurors that may be attacked."
    budget_usd = models.DecimalField(max_digits=12, decimal_places=6, default=Decimal(5), validators=NOT_NEGATIVE)
    "US dollars for all attacks of the project. 0 means that no message goes out."
    daily_usd = models.DecimalField(max_digits=12, decimal_places=6, default=Decimal(1), validators=NOT_NEGATIVE)
    "US dollars that one person may spend a day."
    most_turns = models.PositiveSmallIntegerField(
        default=20, validators=[MinValueValidator(1), MaxValueValidator(MOST_TURNS)]
    )
    "Messages in one conversation, failed ones among them."
    license = models.CharField(max_length=200, blank=True, default="")
    "The licence of the dialogues that are made."
    consent_text = models.TextField(blank=True, default="")
    "What people consent to before they attack; empty for the text that we ship."
    consent_version = models.PositiveIntegerField(default=1)
    "Raised with each change of the text, so that everybody is asked again."

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(budget_usd__gte=0, daily_usd__gte=0), name="attack_budgets_not_negative")
        ]

    def __str__(self) -> str:
        return f"attacks in {self.project}"


class AttackConsent(models.Model):
    """A person's consent to one version of a project's text about attacks."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    text = models.TextField()
    "What the person read."
    consented_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "user", "version"], name="one_consent_to_a_version")]

    def __str__(self) -> str:
        return f"{self.user} consented to version {self.version} in {self.project}"
