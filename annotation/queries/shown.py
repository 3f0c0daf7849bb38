"""Whether a dialogue was shown to a person before they judge it."""

from datetime import datetime

from django.contrib.auth.models import User

from annotation.models import ShownDialogue
from annotation.queries.votes import person_of
from corpus.models import Item


def is_shown(user: User, item: Item, *, since: datetime) -> bool:
    """
    Return whether pages show a dialogue to a person: it is never hidden from them, or was shown at their request.

    :param since: when the case or the audit began; what was shown before does not count
    """
    return (
        not person_of(user).masks_text
        or ShownDialogue.objects.filter(user=user, item=item, shown_at__gte=since).exists()
    )
