"""One worker holds a shard at a time, for as long as it gives signs of life."""

import secrets
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from jury.models import Run, Shard

SECONDS_WITHOUT_A_SIGN = 60
"A worker gives one a second; after so many without, another may take the shard over."


def nobodys(shards: QuerySet[Shard]) -> QuerySet[Shard]:
    """Keep the shards that no living worker holds, by the clock of the database."""
    silent = Now() - timedelta(seconds=SECONDS_WITHOUT_A_SIGN)
    return shards.filter(Q(seen_at=None) | Q(seen_at__lt=silent), state=Shard.State.WAITING)


def hold_shard(shard_id: int) -> str:
    """Take a shard in hand, and give the name to hold it by; empty if it is done or another has it."""
    holder = secrets.token_hex(8)
    taken = nobodys(Shard.objects.filter(pk=shard_id)).update(holder=holder, seen_at=Now())
    return holder if taken else ""


def still_holds(shard_id: int, holder: str) -> bool:
    """Give a sign of life; False if the shard has been taken over."""
    return bool(Shard.objects.filter(pk=shard_id, holder=holder).update(seen_at=Now()))


def let_go(shard_id: int, holder: str) -> None:
    """Leave a shard to whoever comes next."""
    Shard.objects.filter(pk=shard_id, holder=holder).update(holder="", seen_at=None)


def waiting_shards(run: Run) -> QuerySet[Shard]:
    """Give the shards of a run that are nobody's, so that the jurors take turns and items complete early."""
    return nobodys(Shard.objects.filter(run=run)).order_by("items__0", "pk")
