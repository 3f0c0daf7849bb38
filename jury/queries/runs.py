"""Reads of runs: one run, its size, its progress, and the part of its budget that is reserved."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.db.models import Sum

from corpus.errors import Refused
from corpus.models import Project
from jury.kinds import answer_models
from jury.models import Answer, Run, Shard
from jury.queries.batches import open_batches
from jury.queries.shards import claimed


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

    @property
    def all_failed(self) -> bool:
        """Whether the run has finished without any answer that could be used, as every call failed."""
        return self.state == Run.State.FINISHED and 0 < self.done == self.outcomes[Answer.Outcome.FAILED]

    @property
    def words(self) -> str:
        """Return the state in words; of a finished run also how many of its calls failed."""
        name, failed = str(Run.State(self.state).label), self.outcomes[Answer.Outcome.FAILED]
        if self.all_failed:
            return f"{name}: all failed"
        if self.state == Run.State.FINISHED and failed:
            return f"{name}, {failed:,} of {self.done:,} failed"
        return name


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


# Each part has the keys of the runs, by which PostgreSQL knows how many answers each has. In a join it assumes the
# average, and may read those of all runs.
PROGRESS = """
    WITH wanted AS (
        SELECT run_id, sum(cardinality(items)) AS items FROM jury_shard
        WHERE run_id = ANY(%(runs)s::bigint[]) GROUP BY run_id
    ), answered AS (
        SELECT run_id, json_object_agg(outcome, count) AS counts FROM ({counts}) AS each GROUP BY run_id
    )
    SELECT r.id, r.state, r.cost_usd, coalesce(items, 0), coalesce(counts, '{{}}')
    FROM jury_run r LEFT JOIN wanted ON wanted.run_id = r.id LEFT JOIN answered ON answered.run_id = r.id
    WHERE r.id = ANY(%(runs)s::bigint[])
"""
COUNT_ANSWERS = """
    SELECT run_id, outcome, count(*) FROM {table} WHERE run_id = ANY(%(runs)s::bigint[]) AND is_current GROUP BY 1, 2
"""
"A run has answers in one table."


def progress_of_runs(runs: Iterable[Run]) -> dict[int, RunProgress]:
    """Return the progress of each run by its primary key, in one query, from the database alone."""
    counts = (COUNT_ANSWERS.format(table=model._meta.db_table) for model in answer_models())
    with connection.cursor() as cursor:
        cursor.execute(PROGRESS.format(counts=" UNION ALL ".join(counts)), {"runs": [run.pk for run in runs]})
        rows = cursor.fetchall()
    none_yet = dict.fromkeys(Answer.Outcome.values, 0)
    return {pk: RunProgress(state, wanted, none_yet | counts, cost) for pk, state, cost, wanted, counts in rows}


def run_progress(run: Run) -> RunProgress:
    """Return the progress of a run, from the database alone."""
    return progress_of_runs([run])[run.pk]


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


def may_be_asking(project: Project) -> bool:
    """Return whether a run of the jury is open, or one that has ended still waits for answers that it will store."""
    runs = Run.objects.filter(project=project, generates=Run.Generates.NOTHING)
    return any(rows.exists() for rows in (runs.filter(state__in=Run.OPEN), claimed(*runs), open_batches(*runs)))


def has_calls_under_way(run: Run) -> bool:
    """Return whether live workers or open batches hold reservations, which they may still release in part."""
    return claimed(run).filter(reserved_calls__gt=0).exists() or open_batches(run).exists()
