"""What attacks have cost and reserved, in PostgreSQL alone."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.contrib.auth.models import User
from django.db.models import F, Sum

from attacks.models import AttackSettings, Turn

NOTHING = Decimal(0)
CHARGED = Sum(F("reserved_usd") + F("cost_usd"), default=NOTHING)


@dataclass(frozen=True)
class Spending:
    """What is left of the budgets of a project and of one person's day, in US dollars."""

    budget: Decimal
    spent: Decimal
    "What is reserved for messages under way counts as spent."
    daily: Decimal
    spent_today: Decimal

    @property
    def left(self) -> Decimal:
        """What is left of the project's budget."""
        return max(self.budget - self.spent, NOTHING)

    @property
    def left_today(self) -> Decimal:
        """What the person may still spend today, as far as the project's budget goes."""
        return min(self.left, max(self.daily - self.spent_today, NOTHING))


def spending_of(settings: AttackSettings, user: User | int, day: date) -> Spending:
    """
    Return the spending of a project and of a person's day.

    :param user: the person, or their primary key
    """
    turns = Turn.objects.filter(project=settings.project_id)
    return Spending(
        budget=settings.budget_usd,
        spent=turns.aggregate(usd=CHARGED)["usd"],
        daily=settings.daily_usd,
        spent_today=turns.filter(author=user, day=day).aggregate(usd=CHARGED)["usd"],
    )
