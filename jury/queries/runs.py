"""Reads of runs: one run, its size, its progress, and the part of its budget that is reserved."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import Count, Sum
from django.db.models.functions import Now

from corpus.errors import Refused
from corpus.models import Project
from jury.models import Ballot, Run, Shard
from jury.queries.answers import answer_model
from jury.queries.batches import open_batches
from jury.queries.shards import claimed

PACE_WINDOW_SECONDS = 60
"How far back the pace of a run is measured."


@dataclass(frozen=True)
class RunProgress:
    """How many answers a run has, of how many it wants, and their cost."""

    state: str
    ballots: int
    "Answers that the run wants in all."
    outcomes: dict[str, int]
    "Current answers by outcome; every outcome has a key."
    cost_usd: Decimal

    @property
    def done(self) -> int:
        """Answers of any outcome."""
        return sum(self.outcomes.values())


def find_run(project: Project, number: int | None = None) -> Run:
    """
    Return a run of a project by its number; by default the latest.

    :raises Refused: if the project has no such run
    """
    runs = Run.objects.filter(project=project).select_related("project").order_by("-pk")
    run = (runs if number is None else runs.filter(pk=number)).first()
    if run is None:
        which = "no run of the jury yet" if number is None else f"no run {number}"
        raise Refused(f"Project {project} has {which}.")
    return run


def run_progress(run: Run) -> RunProgress:
    """Return the progress of a run, from the database alone."""
    rows = answer_model(run).objects.filter(run=run, is_current=True).values("outcome").annotate(count=Count("pk"))
    outcomes = dict.fromkeys(Ballot.Outcome.values, 0) | {row["outcome"]: row["count"] for row in rows}
    stored = Run.objects.get(pk=run.pk)
    return RunProgress(stored.state, ballots_wanted(run), outcomes, stored.cost_usd)


def minutes_left(run: Run, progress: RunProgress) -> float | None:
    """Return the minutes a run still takes at its pace of the last minute; None without any answer in it."""
    since = Now() - timedelta(seconds=PACE_WINDOW_SECONDS)
    recent = answer_model(run).objects.filter(run=run, cast_at__gte=since).count()
    return (progress.ballots - progress.done) / recent * PACE_WINDOW_SECONDS / 60 if recent else None


def ballots_wanted(run: Run) -> int:
    """Count the answers that a run wants: the items of its shards, an item once for each of its jurors."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(cardinality(items)), 0) FROM jury_shard WHERE run_id = %s", [run.pk])
        return int(cursor.fetchone()[0])


def item_count(run: Run) -> int:
    """Count the items of a run, each once however many jurors judge it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT item) FROM jury_shard, unnest(items) AS item WHERE run_id = %s", [run.pk])
        return int(cursor.fetchone()[0])


def reserved_of(run: Run) -> tuple[Decimal, int]:
    """Return the reserved part of a run's budget in US dollars and calls, including that of killed workers."""
    shards = Shard.objects.filter(run=run)
    sums = shards.aggregate(usd=Sum("reserved_usd", default=Decimal(0)), calls=Sum("reserved_calls", default=0))
    return sums["usd"], sums["calls"]


def has_calls_under_way(run: Run) -> bool:
    """Return whether live workers or open batches hold reservations, which they may still release in part."""
    return claimed(run).filter(reserved_calls__gt=0).exists() or open_batches(run).exists()
