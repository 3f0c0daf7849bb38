"""Divide the items of a run into shards: the unit of work of one Celery task."""

from collections.abc import Sequence

from django.conf import settings
from django.db import connection

from jury import queries
from jury.models import Batch, Juror, Run, Shard

CREATE_SHARDS = f"""
    INSERT INTO jury_shard (run_id, juror_id, state, error, items)
    SELECT %(run)s, %(juror)s, 'waiting', '', array_agg(id ORDER BY id)
    FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / %(size)s AS shard
        FROM ({queries.UNANSWERED}) AS unanswered
        WHERE %(limit)s::int IS NULL OR id = ANY(%(items)s)) AS numbered
    GROUP BY shard ORDER BY shard
"""


def create_shards(run: Run, jurors: Sequence[Juror], limit: int | None) -> None:
    """
    Create the shards of the items that the jurors have not answered.

    :param limit: only the first items, by import, that some juror has not answered; None for all
    """
    items = first_unanswered(run, jurors, limit)
    with connection.cursor() as cursor:
        for juror in jurors:
            shard = {"run": run.pk, "size": shard_size(juror), "limit": limit, "items": items}
            cursor.execute(CREATE_SHARDS, queries.unanswered_params(run.project, juror, run.asks_again) | shard)


def first_unanswered(run: Run, jurors: Sequence[Juror], limit: int | None) -> list[int]:
    """Return the first items that some juror has not answered; empty where there is no limit."""
    if limit is None:
        return []
    unanswered = queries.unanswered_items(run.project, jurors, limit=limit, asks_again=run.asks_again)
    return sorted(set().union(*unanswered.values()))[:limit]


def create_shards_of(run: Run, juror: Juror, items: Sequence[int]) -> None:
    """
    Create the shards of one juror or generator that is asked about given items.

    :param items: primary keys
    """
    size = shard_size(juror)
    parts = [items[at : at + size] for at in range(0, len(items), size)]
    Shard.objects.bulk_create(Shard(run=run, juror=juror, items=part) for part in parts)


def shard_size(juror: Juror) -> int:
    """Return the number of items in a shard, by how the juror is asked."""
    is_batch = juror.transport == Juror.Transport.BATCH
    return int(settings.JURY_BATCH_ITEMS if is_batch else settings.JURY_SHARD_ITEMS)


def adopt_open_batches(run: Run, jurors: Sequence[Juror]) -> None:
    """
    Move the open batches of earlier runs to this run: they are paid for and must not be sent twice.

    A worker that is sending one keeps its shard: another would not find the batch at the endpoint yet.
    """
    batches = Batch.objects.filter(shard__juror__in=jurors, state__in=Batch.OPEN, shard__run__generates=run.generates)
    for batch in batches.select_related("shard").select_for_update():
        Shard.objects.filter(pk=batch.shard_id).update(run=run, items=batch.items, state=Shard.State.WAITING, error="")
        queries.unclaimed(Shard.objects.filter(pk=batch.shard_id)).update(holder="", seen_at=None)
        Batch.objects.filter(pk=batch.pk).update(unreachable_since=None)
