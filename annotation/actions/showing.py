"""Show a hidden dialogue to somebody who settles its case or audits it, and refuse a judgement before that."""

from datetime import datetime

from django.contrib.auth.models import User
from django.utils import timezone

from annotation.actions.leased_items import NotShown
from annotation.models import ShownDialogue
from annotation.queries import is_shown
from corpus.models import Item


def show_dialogue(*, item: Item, user: User) -> None:
    """Record that a dialogue is shown to a person now."""
    ShownDialogue.objects.update_or_create(item=item, user=user, defaults={"shown_at": timezone.now()})


def check_dialogue_shown(user: User, item: Item, *, since: datetime) -> None:
    """
    Check that a dialogue was shown to a person before they judge it.

    :param since: when the case or the audit began; what was shown before does not count
    :raises NotShown: if it is still hidden from them
    """
    if not is_shown(user, item, since=since):
        raise NotShown
