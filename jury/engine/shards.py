"""Claims on shards, and how shards and runs end."""

import secrets
from collections.abc import Collection

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from jury import queries
from jury.models import Juror, Run, Shard
from jury.queries import shard_with_context, unclaimed


def claim_shard(shard_id: int) -> str:
    """Take a shard in hand, and give the name to hold it by; empty if it is done or another has it."""
    holder = secrets.token_hex(8)
    taken = unclaimed(Shard.objects.filter(pk=shard_id)).update(holder=holder, seen_at=Now())
    return holder if taken else ""


@transaction.atomic
def claim_next_shard(run: Run, juror: Juror, holder: str) -> Shard | None:
    """Take the juror's next shard of a run in hand that is nobody's; None if there is none."""
    free = unclaimed(Shard.objects.filter(run=run, juror=juror)).order_by("items__0", "pk")
    found = free.select_for_update(of=["self"], skip_locked=True).values_list("pk", flat=True).first()
    if found is None:
        return None
    Shard.objects.filter(pk=found).update(holder=holder, seen_at=Now())
    return shard_with_context(found)


def heartbeat(shards: Collection[int], holder: str) -> bool:
    """Return a sign of life; False if one of the shards has been taken over."""
    return Shard.objects.filter(pk__in=list(shards), holder=holder).update(seen_at=Now()) == len(shards)


def release_claim(holder: str) -> None:
    """Leave the shards of a holder to whoever comes next."""
    Shard.objects.filter(holder=holder).update(holder="", seen_at=None)


def finish_shard(shard_id: int, *, error: str = "") -> None:
    """Mark a shard done, or broken off by an error; its run ends with the last one."""
    with transaction.atomic():
        shard = Shard.objects.select_related("run").select_for_update().get(pk=shard_id)
        shard.state = Shard.State.BROKEN if error else Shard.State.DONE
        shard.error = error
        shard.save(update_fields=["state", "error"])
        states = set(Shard.objects.filter(run=shard.run).values_list("state", flat=True))
        if Shard.State.WAITING not in states:
            end_run(shard.run, Run.State.BROKEN if Shard.State.BROKEN in states else Run.State.FINISHED)


def break_off(run: Run, base_url: str, holder: str, *, error: str) -> None:
    """Break off the shards of a run that an endpoint would have to answer, save those that others hold."""
    waiting = Shard.objects.filter(run=run, juror__base_url=base_url, state=Shard.State.WAITING)
    mine = waiting.filter(holder=holder) if holder else Shard.objects.none()
    for shard in sorted({*mine.values_list("pk", flat=True), *queries.unclaimed(waiting).values_list("pk", flat=True)}):
        finish_shard(shard, error=error)


def end_run(run: Run, state: str) -> None:
    Run.objects.filter(pk=run.pk, state=Run.State.RUNNING).update(state=state, finished_at=timezone.now())
