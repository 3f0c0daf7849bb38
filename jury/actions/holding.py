"""One worker holds a shard at a time, for as long as it gives signs of life."""

import secrets
from collections.abc import Collection

from django.db import transaction
from django.db.models.functions import Now

from jury.models import Juror, Run, Shard
from jury.queries import nobodys, shard_to_hear


def hold_shard(shard_id: int) -> str:
    """Take a shard in hand, and give the name to hold it by; empty if it is done or another has it."""
    holder = secrets.token_hex(8)
    taken = nobodys(Shard.objects.filter(pk=shard_id)).update(holder=holder, seen_at=Now())
    return holder if taken else ""


@transaction.atomic
def hold_another(run: Run, juror: Juror, holder: str) -> Shard | None:
    """Take the juror's next shard of a run in hand that is nobody's; None if there is none."""
    free = nobodys(Shard.objects.filter(run=run, juror=juror)).order_by("items__0", "pk")
    found = free.select_for_update(of=["self"], skip_locked=True).values_list("pk", flat=True).first()
    if found is None:
        return None
    Shard.objects.filter(pk=found).update(holder=holder, seen_at=Now())
    return shard_to_hear(found)


def still_holds(shards: Collection[int], holder: str) -> bool:
    """Give a sign of life; False if one of the shards has been taken over."""
    return Shard.objects.filter(pk__in=list(shards), holder=holder).update(seen_at=Now()) == len(shards)


def let_go(holder: str) -> None:
    """Leave the shards of a holder to whoever comes next."""
    Shard.objects.filter(holder=holder).update(holder="", seen_at=None)
