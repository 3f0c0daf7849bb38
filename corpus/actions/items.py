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
    Take an item out of the queue, the jury and later releases; its opinions stay.

    :raises NoSuchItem: if the project has none of that id
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
    Say what items are probably about, so that the queue keeps them from whoever opted out; give how many changed.

    What was said of them before is replaced; no category at all takes it back. All or nothing.

    :param categories: slugs
    :raises Invalid: if no id is given, or naming one that the project does not have
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
    """Let whoever works from the items know; call it last, for it holds the project's row until the end."""
    Project.objects.filter(pk=project.pk).update(items_version=F("items_version") + 1)
