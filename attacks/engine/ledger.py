"""
The budgets of attacks, which no race passes: every attempt is reserved before it is sent.

All reservations of a project wait for one lock, and sums are read after it was got, so that each sees all before it.
"""

from decimal import Decimal

from django.db import connection, transaction
from django.db.models import F

from attacks.models import AttackSettings, Turn
from attacks.queries import Spending, spending_of
from corpus.errors import Refused
from corpus.models import Project


class AttackBudgetSpent(Refused):
    """The budget of the project or of the person's day has no room for the message."""

    code = "budget_spent"


def lock_budget(project: Project | int) -> None:
    """Let one reservation of a project be made at a time, until the transaction ends."""
    key = project.pk if isinstance(project, Project) else project
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('attack budget'), %s)", [key])


def check_room(spending: Spending, usd: Decimal) -> None:
    """
    Check that the budgets have room for a price.

    :raises AttackBudgetSpent: if they have not, or a budget is 0
    """
    if not spending.budget or usd > spending.left:
        raise AttackBudgetSpent(
            f"This message may cost {dollars(usd)}, and the project's budget for attacks has {dollars(spending.left)} "
            f"left of {dollars(spending.budget)}. A lead can raise it."
        )
    if not spending.daily or usd > spending.left_today:
        raise AttackBudgetSpent(
            f"This message may cost {dollars(usd)}, and of the {dollars(spending.daily)} that you may spend on attacks "
            f"a day, {dollars(spending.left_today)} are left. Come back tomorrow, or ask a lead to raise the limit."
        )


def dollars(usd: Decimal) -> str:
    """Return an amount as people read it, such as `$0.0021`, and never as nothing where it is something."""
    digits = 2 if not usd or usd >= Decimal("0.1") else 4 if usd >= Decimal("0.0001") else 8
    return f"${usd:.{digits}f}"


@transaction.atomic
def reserve_more(turn: Turn, usd: Decimal) -> bool:
    """Reserve another attempt of a message that is under way; False if there is no room for it."""
    lock_budget(turn.project_id)
    settings = AttackSettings.objects.get(project=turn.project_id)
    try:
        check_room(spending_of(settings, turn.author_id, turn.day), usd)
    except AttackBudgetSpent:
        return False
    mine = Turn.objects.filter(pk=turn.pk, holder=turn.holder, state=Turn.State.ASKING)
    return bool(mine.update(reserved_usd=F("reserved_usd") + usd))
