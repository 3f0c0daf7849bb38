"""Withdraw and restore items, and set the categories they are expected to fall under."""

from collections.abc import Sequence
from typing import Any

import orjson
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import F

from corpus import queries
from corpus.actions.events import record_event
from corpus.corrected_items import kept_withdrawn, other_text_in_use
from corpus.errors import Invalid, Refused
from corpus.models import Item, Project, Verb

# One event an item, so that each history has it.
RECORD_EACH = """
    WITH changed AS ({change} RETURNING external_id)
    INSERT INTO corpus_event (project_id, actor_id, verb, subject, detail, at)
    SELECT %(project)s, %(actor)s::int, %(verb)s, external_id, %(detail)s::jsonb, now()
    FROM changed ORDER BY external_id
"""
WITHDRAW = RECORD_EACH.format(
    change="""
    UPDATE corpus_item SET withdrawn_at = now(), withdrawal_reason = %(reason)s
    WHERE project_id = %(project)s AND id = ANY(%(items)s) AND withdrawn_at IS NULL"""
)
RESTORE = RECORD_EACH.format(
    change="""
    UPDATE corpus_item SET withdrawn_at = NULL, withdrawal_reason = ''
    WHERE project_id = %(project)s AND id = ANY(%(items)s) AND withdrawn_at IS NOT NULL"""
)

EXPECT = """
    UPDATE corpus_item SET expected_categories = %(categories)s::text[]
    WHERE project_id = %(project)s AND id = ANY(%(items)s) AND expected_categories <> %(categories)s::text[]
"""


def withdraw_item(*, project: Project, external_id: str, reason: str, by: User | None = None) -> Item:
    """
    Withdraw an item from the queue, the jury and later releases. Its opinions stay.

    :raises NoSuchItem: if the project has no item of that id
    :raises Refused: if there is no reason, or it is withdrawn already
    """
    item = queries.find_item(project, external_id)
    if not withdraw_items(project=project, items=[item.pk], reason=reason, by=by):
        item.refresh_from_db()
        raise Refused(f"Item {external_id!r} is withdrawn already: {item.withdrawal_reason}")
    item.refresh_from_db()
    return item


@transaction.atomic
def withdraw_items(*, project: Project, items: Sequence[int], reason: str, by: User | None = None) -> int:
    """
    Withdraw items, and return how many were not withdrawn before.

    :param items: primary keys
    :raises Refused: if there is no reason
    """
    if not reason.strip():
        raise Refused("A withdrawal needs a reason.")
    detail = {"reason": reason}
    return change_each(WITHDRAW, project, items, Verb.ITEM_WITHDRAWN, by, detail, reason=reason)


def restore_item(*, project: Project, external_id: str, by: User | None = None) -> Item:
    """
    Take a withdrawn item into use again, with its opinions. It wants the votes that it lacks.

    :raises NoSuchItem: if the project has no item of that id
    :raises Refused: if it is not withdrawn, or an item with another text of the dialogue is in use
    """
    item = queries.find_item(project, external_id)
    if restore_items(project=project, items=[item.pk], by=by):
        item.refresh_from_db()
        return item
    if item.withdrawn_at and (other := other_text_in_use(item)):
        raise Refused(
            f"Another text of item {external_id!r} is in use: {other.external_id!r}. Withdraw that one first."
        )
    raise Refused(f"Item {external_id!r} is not withdrawn.")


@transaction.atomic
def restore_items(*, project: Project, items: Sequence[int], by: User | None = None) -> int:
    """
    Take withdrawn items into use again, and return how many there were.

    An item stays withdrawn while another text of the same dialogue is in use; of several, the latest is restored.

    :param items: primary keys
    """
    lock_items(project)
    kept = kept_withdrawn(project, items)
    restored = [item for item in items if item not in kept]
    return change_each(RESTORE, project, restored, Verb.ITEM_RESTORED, by, {})


def change_each(
    statement: str,
    project: Project,
    items: Sequence[int],
    verb: Verb,
    by: User | None,
    detail: dict[str, Any],
    **parameters: Any,
) -> int:
    """
    Run a statement that changes items and records an event of each, and return how many there are.

    :param items: primary keys
    """
    lock_items(project)
    parameters |= {"project": project.pk, "items": list(items), "actor": by.pk if by else None}
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters | {"verb": verb, "detail": orjson.dumps(detail).decode()})
        changed = int(cursor.rowcount)
    if changed:
        items_changed(project)
    return changed


def lock_items(project: Project) -> None:
    """Let one withdrawal, restoration or correction of items run at a time, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('items'), %s)", [project.pk])


def expect_categories(
    *, project: Project, by: User | None, external_ids: Sequence[str], categories: Sequence[str]
) -> int:
    """
    Set the expected categories of items, which opt-outs go by, and return how many items changed.

    They replace earlier ones. If an id is unknown, nothing changes.

    :param categories: slugs; empty to remove the expected categories
    :raises Invalid: if there is no id, or an unknown one
    """
    wanted = list(dict.fromkeys(external_ids))
    if not wanted:
        raise Invalid("external_ids", "name at least one dialogue")
    known = queries.known_items(project, wanted)
    if missing := [name for name in wanted if name not in known]:
        more = f", nor {len(missing) - 1:,} others of these" if len(missing) > 1 else ""
        raise Invalid("external_ids", f"the project has no dialogue {missing[0]!r}{more}; nothing was changed")
    items = [known[name].pk for name in wanted]
    return expect_categories_of(project=project, by=by, items=items, categories=categories)


@transaction.atomic
def expect_categories_of(*, project: Project, by: User | None, items: Sequence[int], categories: Sequence[str]) -> int:
    """
    Set the expected categories of items, and return how many changed.

    :param items: primary keys, one at least; the event names the first
    :param categories: slugs; empty to remove the expected categories
    """
    parameters: dict[str, Any] = {"project": project.pk, "items": list(items), "categories": list(categories)}
    with connection.cursor() as cursor:
        cursor.execute(EXPECT, parameters)
        changed = int(cursor.rowcount)
    detail = {"items": len(items), "changed": changed, "categories": list(categories)}
    first = Item.objects.values_list("external_id", flat=True).get(project=project, pk=items[0])
    record_event(project=project, verb=Verb.ITEMS_EXPECTED, subject=first, actor=by, detail=detail)
    return changed


def items_changed(project: Project) -> None:
    """Raise the version of the project's items. Call it last: it locks the project's row until the transaction ends."""
    Project.objects.filter(pk=project.pk).update(items_version=F("items_version") + 1)
