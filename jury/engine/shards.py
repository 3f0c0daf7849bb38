"""Claims on shards, and how shards and runs end."""

import secrets
from collections.abc import Collection

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from jury import queries
from jury.models import Batch, Juror, Run, Shard
from jury.queries import shards_with_context, unclaimed


def claim_shard(shard_id: int) -> str:
    """Claim a shard and return the holder's name; an empty string if it is done or another worker holds it."""
    holder = secrets.token_hex(8)
    is_claimed = unclaimed(Shard.objects.filter(pk=shard_id)).update(holder=holder, seen_at=Now())
    return holder if is_claimed else ""


@transaction.atomic
def claim_next_shard(run: Run, juror: Juror, holder: str) -> Shard | None:
    """
    Claim the juror's next unclaimed shard of a run and return it; None if there is none.

    The holder's own are left out: one whose heartbeat is late is still being asked about.
    """
    free = unclaimed(shards_with_context().filter(run=run, juror=juror)).exclude(holder=holder)
    free = free.order_by("items__0", "pk")
    found = free.select_for_update(of=["self"], skip_locked=True).first()
    if found is not None:
        found.holder = holder
        Shard.objects.filter(pk=found.pk).update(holder=holder, seen_at=Now())
    return found


def heartbeat(shards: Collection[int], holder: str) -> set[int]:
    """
    Record that the holder of shards is alive, and lock them until the transaction ends.

    :param shards: primary keys
    :return: those that no other worker has taken over
    """
    mine = Shard.objects.filter(pk__in=list(shards), holder=holder)
    with transaction.atomic():
        held = set(mine.select_for_update().values_list("pk", flat=True))
        Shard.objects.filter(pk__in=held).update(seen_at=Now())
    return held


def release_claim(holder: str) -> None:
    """Leave the shards of a holder to the next worker."""
    Shard.objects.filter(holder=holder).update(holder="", seen_at=None)


def finish_shard(shard_id: int, *, error: str = "") -> None:
    """
    Mark a shard as done, or as broken by an error; end its run if no other shard waits.

    One that has ended stays as it is: what broke then was another of the same worker, whose own message will say so.
    """
    with transaction.atomic():
        shard = Shard.objects.select_related("run").select_for_update().get(pk=shard_id)
        if shard.state != Shard.State.WAITING:
            return
        shard.state = Shard.State.BROKEN if error else Shard.State.DONE
        shard.error = error
        shard.save(update_fields=["state", "error"])
        end_if_nothing_waits(shard.run)


def end_if_nothing_waits(run: Run) -> None:
    """End a run without a waiting shard: as broken if a shard of it is."""
    shards = Shard.objects.filter(run=run)
    # Not the states of all: there may be hundreds of thousands, and this is asked at the end of each.
    if not shards.filter(state=Shard.State.WAITING).exists():
        is_broken = shards.filter(state=Shard.State.BROKEN).exists()
        end_run(run, Run.State.BROKEN if is_broken else Run.State.FINISHED)


def break_shards_of_endpoint(run: Run, base_url: str, holder: str, *, error: str) -> None:
    """
    Mark the waiting shards of a run at one endpoint as broken.

    Those that other workers hold stay as they are, and those with a batch under way, which is paid for, but the
    holder's own.
    """
    sent = Batch.objects.filter(shard__run=run, state__in=Batch.OPEN)
    if holder:
        sent = sent.exclude(shard__holder=holder)
    shards = Shard.objects.filter(run=run, juror__base_url=base_url).exclude(pk__in=sent.values("shard"))
    break_waiting(shards, holder, error=error)


def break_shards_of_juror(run: Run, juror: Juror, holder: str, *, error: str) -> None:
    """
    Mark the waiting shards of one juror in a run as broken.

    Those that other workers hold stay as they are, and those with a batch under way, which is paid for.
    """
    sent = Batch.objects.filter(shard__run=run, state__in=Batch.OPEN)
    break_waiting(Shard.objects.filter(run=run, juror=juror).exclude(pk__in=sent.values("shard")), holder, error=error)


def break_waiting(shards: QuerySet[Shard], holder: str, *, error: str) -> None:
    """Mark those shards as broken that wait and that no other worker holds."""
    waiting = shards.filter(state=Shard.State.WAITING)
    mine = waiting.filter(holder=holder) if holder else Shard.objects.none()
    for shard in sorted({*mine.values_list("pk", flat=True), *queries.unclaimed(waiting).values_list("pk", flat=True)}):
        finish_shard(shard, error=error)


def end_run(run: Run, state: str) -> None:
    """Move a running run to a final state; leave a run that has ended as it is."""
    Run.objects.filter(pk=run.pk, state=Run.State.RUNNING).update(state=state, finished_at=timezone.now())
