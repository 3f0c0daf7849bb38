from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from corpus import queries
from corpus.actions.events import record_event
from corpus.errors import Refused
from corpus.models import Item, Project


@transaction.atomic
def withdraw_item(*, project: Project, external_id: str, reason: str, by: User | None = None) -> Item:
    """
    Take an item out of the queue, the jury and later releases; its opinions stay.

    :raises NoSuchItem: if the project has none of that id
    :raises Refused: if there is no reason, or it is withdrawn already
    """
    if not reason.strip():
        raise Refused("A withdrawal needs a reason.")
    item = queries.item_known_as(project, external_id)
    changed = Item.objects.filter(pk=item.pk, withdrawn_at=None).update(
        withdrawn_at=timezone.now(), withdrawal_reason=reason
    )
    if not changed:
        raise Refused(f"Item {external_id!r} is withdrawn already: {item.withdrawal_reason}")
    items_changed(project)
    record_event(project=project, verb="item.withdrawn", subject=external_id, actor=by, detail={"reason": reason})
    return item


def items_changed(project: Project) -> None:
    """Let whoever works from the items know; call it last, for it holds the project's row until the end."""
    Project.objects.filter(pk=project.pk).update(items_version=F("items_version") + 1)
