"""Withdraw items, and set the categories they are expected to fall under."""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from corpus import queries
from corpus.actions.events import record_event
from corpus.errors import Invalid, Refused
from corpus.models import Item, Project, Verb


@transaction.atomic
def withdraw_item(*, project: Project, external_id: str, reason: str, by: User | None = None) -> Item:
    """
    Withdraw an item from the queue, the jury and later releases. Its opinions stay.

    :raises NoSuchItem: if the project has no item of that id
    :raises Refused: if there is no reason, or it is withdrawn already
    """
    if not reason.strip():
        raise Refused("A withdrawal needs a reason.")
    item = queries.find_item(project, external_id)
    changed = Item.objects.filter(pk=item.pk, withdrawn_at=None).update(
        withdrawn_at=timezone.now(), withdrawal_reason=reason
    )
    if not changed:
        raise Refused(f"Item {external_id!r} is withdrawn already: {item.withdrawal_reason}")
    items_changed(project)
    record_event(project=project, verb=Verb.ITEM_WITHDRAWN, subject=external_id, actor=by, detail={"reason": reason})
    return item


@transaction.atomic
def expect_categories(*, project: Project, by: User, external_ids: Sequence[str], categories: Sequence[str]) -> int:
    """
    Set the expected categories of items, which opt-outs go by, and return how many items changed.

    They replace earlier ones. If an id is unknown, nothing changes.

    :param categories: slugs; empty to remove the expected categories
    :raises Invalid: if there is no id, or an unknown one
    """
    wanted = list(dict.fromkeys(external_ids))
    items = Item.objects.filter(project=project, external_id__in=wanted)
    known = set(items.values_list("external_id", flat=True))
    if not wanted:
        raise Invalid("external_ids", "name at least one dialogue")
    if missing := [name for name in wanted if name not in known]:
        more = f", nor {len(missing) - 1:,} others of these" if len(missing) > 1 else ""
        raise Invalid("external_ids", f"the project has no dialogue {missing[0]!r}{more}; nothing was changed")
    changed = items.exclude(expected_categories=list(categories)).update(expected_categories=list(categories))
    detail = {"items": len(wanted), "changed": changed, "categories": list(categories)}
    record_event(project=project, verb=Verb.ITEMS_EXPECTED, subject=wanted[0], actor=by, detail=detail)
    return changed


def items_changed(project: Project) -> None:
    """Raise the version of the project's items. Call it last: it locks the project's row until the transaction ends."""
    Project.objects.filter(pk=project.pk).update(items_version=F("items_version") + 1)
