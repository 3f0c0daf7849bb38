"""One worker holds a shard at a time, for as long as it gives signs of life."""

import secrets

from django.db.models.functions import Now

from jury.models import Shard
from jury.queries import nobodys


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
