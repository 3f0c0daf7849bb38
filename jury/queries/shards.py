"""Reads of shards and of the workers that have claimed them."""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from jury.models import Run, Shard


def shard_with_context(pk: int) -> Shard:
    """Return a shard with its run, project, taxonomy, juror and prompt."""
    return shards_with_context().get(pk=pk)


def shards_with_context() -> QuerySet[Shard]:
    """Return all shards, with the runs, projects, taxonomies, jurors and prompts they belong to."""
    return Shard.objects.select_related("run__project__taxonomy", "run__taxonomy", "juror__prompt")


def unclaimed(shards: QuerySet[Shard]) -> QuerySet[Shard]:
    """Keep the waiting shards that no live worker has claimed, by the database's clock."""
    is_unclaimed = Q(seen_at=None) | Q(seen_at__lt=_oldest_heartbeat())
    return shards.filter(is_unclaimed, state=Shard.State.WAITING)


def claimed(*runs: Run) -> QuerySet[Shard]:
    """Return the waiting shards of these runs that a live worker has claimed: the complement of `unclaimed`."""
    return Shard.objects.filter(run__in=runs, state=Shard.State.WAITING, seen_at__gte=_oldest_heartbeat())


def _oldest_heartbeat() -> Combinable:
    """Return the time of the oldest heartbeat that still counts as alive."""
    return Now() - timedelta(seconds=settings.JURY_TAKEOVER_SECONDS)


def claimed_shard_count(run: Run) -> int:
    """Count the shards of a run that live workers have claimed."""
    return claimed(run).count()


def waiting_shards(run: Run) -> QuerySet[Shard]:
    """
    Return the unclaimed shards of a run by their first item.

    In this order the jurors alternate, so that items get all their ballots early.
    """
    return unclaimed(Shard.objects.filter(run=run)).order_by("items__0", "pk")


def shard_errors(run: Run) -> list[str]:
    """Return why shards of a run broke off, each reason once, that of the oldest shard first."""
    return errors_of_runs([run])[run.pk]


def errors_of_runs(runs: Sequence[Run]) -> dict[int, list[str]]:
    """Return why shards of each run broke off, as `shard_errors` does, by the primary key of the run."""
    errors: dict[int, dict[str, None]] = {run.pk: {} for run in runs}
    broken = Shard.objects.filter(run__in=runs, state=Shard.State.BROKEN).order_by("pk")
    for pk, error in broken.values_list("run", "error"):
        errors[pk][error] = None
    return {pk: list(reasons) for pk, reasons in errors.items()}
