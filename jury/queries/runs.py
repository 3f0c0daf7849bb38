"""Reads of runs, shards and batches, named for what comes back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Now

from corpus.errors import Refused
from corpus.models import Project
from jury.models import Ballot, Batch, GeneratedResponse, Juror, Run, Shard

SECONDS_OF_PACE = 60
"How far back the pace of a run is measured."

FIGURES = """
    SELECT juror_id, count(*) FILTER (WHERE outcome = 'cast') AS cast,
        count(*) FILTER (WHERE outcome = 'abstained') AS abstained,
        count(*) FILTER (WHERE outcome = 'unreadable') AS unreadable,
        count(*) FILTER (WHERE outcome = 'failed') AS failed,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median,
        percentile_cont(0.99) WITHIN GROUP (ORDER BY seconds) AS slowest, sum(cost_usd) AS cost
    FROM {table}
    WHERE juror_id = ANY(%(jurors)s) AND (run_id = %(run)s OR %(run)s::bigint IS NULL) AND is_current
    GROUP BY juror_id
"""


def answers_of(run: Run) -> Any:
    """Return the kind of answer that a run asks for, `Ballot` or `GeneratedResponse`."""
    return GeneratedResponse if run.generates else Ballot


def shard_with_context(pk: int) -> Shard:
    """Return a shard with all that is needed to ask its questions."""
    return Shard.objects.select_related("run__project__taxonomy", "juror__prompt").get(pk=pk)


def run_of(project: Project, number: int | None = None) -> Run:
    """
    Return a run of a project by its number, or the latest.

    :raises Refused: if there is none
    """
    runs = Run.objects.filter(project=project).select_related("project").order_by("-pk")
    run = (runs if number is None else runs.filter(pk=number)).first()
    if run is None:
        which = "no run of the jury yet" if number is None else f"no run {number}"
        raise Refused(f"Project {project} has {which}.")
    return run


def unclaimed(shards: QuerySet[Shard]) -> QuerySet[Shard]:
    """Keep the shards that wait and that no living worker holds, by the clock of the database."""
    silent = Now() - timedelta(seconds=settings.JURY_TAKEOVER_SECONDS)
    return shards.filter(Q(seen_at=None) | Q(seen_at__lt=silent), state=Shard.State.WAITING)


def claimed(run: Run) -> QuerySet[Shard]:
    """Return the shards of a run that a living worker holds: what `unclaimed` leaves out."""
    lately = Now() - timedelta(seconds=settings.JURY_TAKEOVER_SECONDS)
    return Shard.objects.filter(run=run, state=Shard.State.WAITING, seen_at__gte=lately)


def reserved_of(run: Run) -> tuple[Decimal, int]:
    """Sum up what is reserved of the budget, in US dollars and calls, by workers that were killed too."""
    shards = Shard.objects.filter(run=run)
    held = shards.aggregate(usd=Sum("reserved_usd", default=Decimal(0)), calls=Sum("reserved_calls", default=0))
    return held["usd"], held["calls"]


def has_calls_under_way(run: Run) -> bool:
    """Whether living workers or batches have money reserved, some of which they may give back."""
    return claimed(run).filter(reserved_calls__gt=0).exists() or open_batches(run).exists()


def open_batches(run: Run) -> QuerySet[Batch]:
    """Return the batches of a run that are being sent or answered."""
    return Batch.objects.filter(shard__run=run, state__in=Batch.OPEN).order_by("pk")


def open_batch(shard: Shard) -> Batch | None:
    return Batch.objects.filter(shard=shard, state__in=Batch.OPEN).first()


def goes_by_batch(shard_id: int) -> bool:
    """Whether a shard's juror answers in batches, or did when its batch was sent."""
    by_juror = Shard.objects.filter(pk=shard_id, juror__transport=Juror.Transport.BATCH)
    return by_juror.exists() or Batch.objects.filter(shard=shard_id, state__in=Batch.OPEN).exists()


def batches_of(run: Run) -> QuerySet[Batch]:
    return Batch.objects.filter(shard__run=run).select_related("shard__juror").order_by("pk")


def shards_with_open_batches() -> QuerySet[Shard]:
    """Return unclaimed shards of ended or paused runs whose paid batches are still to be collected."""
    open_ones = Batch.objects.filter(state__in=Batch.OPEN).exclude(shard__run__state=Run.State.RUNNING)
    return unclaimed(Shard.objects.filter(pk__in=open_ones.values("shard"))).order_by("pk")


def claimed_shards(run: Run) -> int:
    """Count the shards that a living worker has in hand."""
    return claimed(run).count()


def waiting_shards(run: Run) -> QuerySet[Shard]:
    """Return the shards of a run that are nobody's, so that the jurors take turns and items complete early."""
    return unclaimed(Shard.objects.filter(run=run)).order_by("items__0", "pk")


@dataclass(frozen=True)
class RunProgress:
    state: str
    ballots: int
    "How many the run wants in all."
    outcomes: dict[str, int]
    cost_usd: Decimal

    @property
    def done(self) -> int:
        return sum(self.outcomes.values())


def run_progress(run: Run) -> RunProgress:
    """Return how far a run is, from the database alone."""
    counted = answers_of(run).objects.filter(run=run, is_current=True).values("outcome").annotate(count=Count("pk"))
    outcomes = dict.fromkeys(Ballot.Outcome.values, 0) | {row["outcome"]: row["count"] for row in counted}
    fresh = Run.objects.get(pk=run.pk)
    return RunProgress(fresh.state, ballots_wanted(run), outcomes, fresh.cost_usd)


@dataclass(frozen=True)
class Figures:
    """What came of a juror's questions."""

    juror: Juror
    cast: int = 0
    abstained: int = 0
    unreadable: int = 0
    failed: int = 0
    median: float | None = None
    "Seconds from the question to the answer."
    slowest: float | None = None
    "The 99th percentile of the same."
    cost: Decimal = Decimal(0)


def figures(project: Project, run: Run | None = None, *, of_generators: bool = False) -> list[Figures]:
    """
    Return the figures of every juror, or else every generator, by name, over its current answers.

    :param run: of those that it asks, over what came of it
    """
    jurors = Juror.objects.filter(project=project).select_related("prompt").order_by("name")
    if run is not None:
        jurors, kind = jurors.filter(pk__in=Shard.objects.filter(run=run).values("juror")), answers_of(run)
    elif of_generators:
        jurors, kind = jurors.filter(asks=[]), GeneratedResponse
    else:
        jurors, kind = jurors.exclude(asks=[]), Ballot
    by_key = {juror.pk: juror for juror in jurors}
    with connection.cursor() as cursor:
        sql = FIGURES.format(table=kind._meta.db_table)
        cursor.execute(sql, {"jurors": list(by_key), "run": run.pk if run else None})
        counted = {row[0]: row[1:] for row in cursor.fetchall()}
    return [Figures(juror, *counted.get(pk, ())) for pk, juror in by_key.items()]


def minutes_left(run: Run, progress: "RunProgress") -> float | None:
    """Say how long a run still takes at the pace of the last minute; None if nothing came in it."""
    lately = answers_of(run).objects.filter(run=run, cast_at__gte=Now() - timedelta(seconds=SECONDS_OF_PACE)).count()
    return (progress.ballots - progress.done) / lately * SECONDS_OF_PACE / 60 if lately else None


def answers_in(run: Run, outcome: str = "") -> QuerySet[Any]:
    """Return the current answers of a run, of one outcome where it is named, the latest first."""
    current: QuerySet[Any] = answers_of(run).objects.filter(run=run, is_current=True)
    found = current.select_related("item", "juror").order_by("-pk")
    return found.filter(outcome=outcome) if outcome else found


def shard_errors(run: Run) -> list[str]:
    broken = Shard.objects.filter(run=run, state=Shard.State.BROKEN).order_by("pk")
    return list(broken.values_list("error", flat=True))


def ballots_wanted(run: Run) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(cardinality(items)), 0) FROM jury_shard WHERE run_id = %s", [run.pk])
        return int(cursor.fetchone()[0])


def items_in(run: Run) -> int:
    """Count the items of a run, each once however many jurors are asked about it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT item) FROM jury_shard, unnest(items) AS item WHERE run_id = %s", [run.pk])
        return int(cursor.fetchone()[0])


def current_ballots(pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], tuple[Any, ...]]:
    """
    Look up many ballots at once.

    :param pairs: (item, juror) primary keys
    :return: for the pairs that have a current ballot: prompt_label, response_label,
        categories, other_text, rationale, seconds, cast_at
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT item_id, juror_id, prompt_label, response_label, categories, other_text, rationale,
                seconds, cast_at
            FROM jury_ballot JOIN unnest(%s::bigint[], %s::bigint[]) AS asked (item_id, juror_id)
                USING (item_id, juror_id)
            WHERE is_current
            """,
            [[item for item, _ in pairs], [juror for _, juror in pairs]],
        )
        return {(row[0], row[1]): row[2:] for row in cursor.fetchall()}
