"""Open, close and assign batches of items."""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from annotation.models import Batch
from annotation.ordering import move_to_batch
from annotation.sampling import lock_slots
from annotation.slots import open_slots_for_new_items
from corpus.actions import record_event
from corpus.errors import Refused
from corpus.models import Project, Verb

# Leaves out items that are leased now: changing their slots would make the annotator wait. So it does with those whose
# slots somebody has in hand right now, as who votes late: they may wait, for their next item, until slots are open.
FILL = """
    WITH chosen AS (
        SELECT s.item_id FROM annotation_slot s JOIN corpus_item i ON i.id = s.item_id
        WHERE i.project_id = %(project)s AND s.batch_id IS NULL AND i.withdrawn_at IS NULL
            AND (%(source)s = '' OR i.source = %(source)s)
        GROUP BY s.item_id
        HAVING count(*) > count(s.vote_id) AND count(*) FILTER (WHERE s.leased_until >= now()) = 0
        ORDER BY min(s.position) LIMIT %(size)s
    ), idle AS MATERIALIZED (
        SELECT s.id, s.item_id FROM annotation_slot s JOIN chosen ON chosen.item_id = s.item_id
        WHERE s.batch_id IS NULL FOR UPDATE OF s SKIP LOCKED
    ), whole AS (
        SELECT item_id FROM idle GROUP BY item_id
        HAVING count(*) = (SELECT count(*) FROM annotation_slot a WHERE a.item_id = idle.item_id AND a.batch_id IS NULL)
    )
    UPDATE annotation_slot s SET batch_id = %(batch)s FROM idle JOIN whole ON whole.item_id = idle.item_id
    WHERE s.id = idle.id
    RETURNING s.item_id
"""


@transaction.atomic
def open_batch(
    *, project: Project, by: User, name: str, size: int, people: Sequence[User] = (), source: str = ""
) -> Batch:
    """
    Open a new batch of items that still want votes, chosen at random.

    :param size: how many items at most
    :param people: who may work on it; empty for all annotators
    :param source: only items with this source; empty for all
    :raises Refused: if there is a batch of that name, or no item is free
    """
    lock_slots(project)  # so that no slot is added meanwhile to an item that the batch takes
    open_slots_for_new_items(project)
    try:
        with transaction.atomic():
            batch = Batch.objects.create(project=project, name=name)
    except IntegrityError:
        raise Refused(f"There is a batch {name!r} already. Choose another name.") from None
    batch.people.set(people)
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"project": project.pk, "batch": batch.pk, "size": size, "source": source})
        items = len({row[0] for row in cursor.fetchall()})
    move_to_batch(project, batch.pk)
    if not items:
        raise Refused("No item is free for it: all are in batches, have their votes, or are in somebody's hands.")
    detail = {"items": items, "people": [user.username for user in people], "source": source}
    record_event(project=project, verb=Verb.BATCH_OPENED, subject=name, actor=by, detail=detail)
    return batch


@transaction.atomic
def close_batch(*, batch: Batch, by: User) -> None:
    """Stop handing out a batch and make its votes final. Items that are leased may still be finished."""
    if Batch.objects.filter(pk=batch.pk, closed_at=None).update(closed_at=timezone.now()):
        record_event(project=batch.project, verb=Verb.BATCH_CLOSED, subject=batch.name, actor=by)


@transaction.atomic
def reopen_batch(*, batch: Batch, by: User) -> None:
    """Hand out a closed batch again."""
    if Batch.objects.filter(pk=batch.pk).exclude(closed_at=None).update(closed_at=None):
        record_event(project=batch.project, verb=Verb.BATCH_REOPENED, subject=batch.name, actor=by)


@transaction.atomic
def assign_batch(*, batch: Batch, by: User, people: Sequence[User]) -> None:
    """Assign a batch to people; an empty list means everybody."""
    batch.people.set(people)
    detail = {"people": [user.username for user in people]}
    record_event(project=batch.project, verb=Verb.BATCH_HANDED_OUT, subject=batch.name, actor=by, detail=detail)
