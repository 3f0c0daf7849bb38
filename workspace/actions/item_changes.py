"""Change many items at once, if they are still those that the person has seen."""

from collections.abc import Callable, Sequence

from django.contrib.auth.models import User
from django.db import transaction

from corpus.actions import restore_items, withdraw_items
from corpus.actions.items import expect_categories_of, lock_items
from corpus.errors import Refused
from corpus.models import Project
from workspace.queries.chosen_items import Chosen


class OthersChosen(Refused):
    """The choice means other items than when it was shown."""

    code = "others_chosen"


@transaction.atomic
def change_items(
    *,
    project: Project,
    choose: Callable[[], Chosen],
    digest: str,
    do: str,
    by: User,
    reason: str = "",
    categories: Sequence[str] = (),
) -> int:
    """
    Withdraw or restore items, or set their expected categories; return how many were changed.

    :param choose: returns the items as they are now
    :param digest: of the items that the person has seen
    :param do: withdraw, restore or expect
    :raises OthersChosen: if they are other items, or in another state, by now
    :raises Refused: if a withdrawal has no reason
    """
    lock_items(project)
    chosen = choose()
    if chosen.digest != digest or not chosen.count:
        raise OthersChosen("Meanwhile these are other items, or in another state. Look again, and decide again.")
    if do == "withdraw":
        return withdraw_items(project=project, items=chosen.items, reason=reason, by=by)
    if do == "restore":
        return restore_items(project=project, items=chosen.items, by=by)
    return expect_categories_of(project=project, items=chosen.items, categories=categories, by=by)
