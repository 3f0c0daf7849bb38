"""Counts, latency and cost of the answers of each juror or generator."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from corpus.kept import kept_if_large
from corpus.models import Project
from jury.kinds import kind_of
from jury.models import Ballot, GeneratedResponse, Juror, Run, Shard
from jury.queries.trained import versions_trained_on

SAMPLE = 10_000
"Answers over which latencies are taken: to sort those of a million dialogues would take seconds."
ANSWER_STATISTICS = """
    WITH counts AS (
        SELECT juror_id, count(*) FILTER (WHERE outcome = 'cast') AS casts,
            count(*) FILTER (WHERE outcome = 'abstained') AS abstained,
            count(*) FILTER (WHERE outcome = 'unreadable') AS unreadable,
            count(*) FILTER (WHERE outcome = 'failed') AS failed, sum(cost_usd) AS cost
        FROM {table} WHERE juror_id = ANY(%(jurors)s) AND {of_run} AND is_current GROUP BY juror_id
    )
    SELECT juror_id, casts, abstained, unreadable, failed, latency[1], latency[2], cost
    FROM counts CROSS JOIN LATERAL (
        SELECT percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY seconds) AS latency
        FROM (
            SELECT seconds FROM {table}
            WHERE juror_id = counts.juror_id AND {of_run} AND is_current LIMIT %(sample)s
        ) AS sample
    ) AS latencies
"""
OF_RUN = "(run_id = %(run)s OR %(run)s::bigint IS NULL)"


@dataclass(frozen=True)
class JurorStatistics:
    """Outcomes, latency and cost of a juror's current answers."""

    juror: Juror
    cast: int = 0
    abstained: int = 0
    unreadable: int = 0
    failed: int = 0
    median: float | None = None
    "Median latency in seconds, over at most SAMPLE answers."
    slowest: float | None = None
    "99th percentile of the latency in seconds, over the same."
    cost: Decimal = Decimal(0)
    "US dollars."
    trained_on: str = ""
    "The release of the project that it was trained on; empty if none, or if that was not looked up."

    @property
    def answers(self) -> int:
        """Answers of any outcome."""
        return self.cast + self.abstained + self.unreadable + self.failed

    @property
    def rates(self) -> list[tuple[str, int, float | None]]:
        """Return the name, number and percentage of the answers of each outcome; no percentages of none."""
        counts = {"Cast": self.cast, "Abstained": self.abstained, "Unreadable": self.unreadable, "Failed": self.failed}
        return [(name, n, 100 * n / self.answers if self.answers else None) for name, n in counts.items()]


def juror_statistics(project: Project) -> list[JurorStatistics]:
    """
    Return the statistics of every juror of a project, by name, over all its current ballots.

    Those of a large project are as they were within the last minute.
    """
    found = _statistics(_jurors(project).exclude(asks=[]), Ballot, of=project)
    versions = versions_trained_on(project, [row.juror for row in found])
    return [replace(row, trained_on=versions.get(row.juror.pk, "")) for row in found]


def generator_statistics(project: Project) -> list[JurorStatistics]:
    """Return the statistics of every generator of a project, by name, over all its current responses."""
    return _statistics(_jurors(project).filter(asks=[]), GeneratedResponse)


def statistics_of(juror: Juror) -> JurorStatistics:
    """Return the statistics of one juror or generator over all its current answers."""
    model = GeneratedResponse if juror.is_generator else Ballot
    [found] = _statistics(_jurors(juror.project).filter(pk=juror.pk), model)
    return found


def run_statistics(run: Run) -> list[JurorStatistics]:
    """Return the statistics of the jurors of a run, by name, over the current answers to that run."""
    asked = Shard.objects.filter(run=run).values("juror")
    return _statistics(_jurors(run.project).filter(pk__in=asked), kind_of(run).answers, run)


def _jurors(project: Project) -> QuerySet[Juror]:
    return Juror.objects.filter(project=project).select_related("prompt").order_by("name")


def _statistics(
    jurors: QuerySet[Juror], model: Any, run: Run | None = None, *, of: Project | None = None
) -> list[JurorStatistics]:
    """Count the answers of some jurors; with `of`, what was counted for a large project in the last minute."""
    by_key = {juror.pk: juror for juror in jurors}
    table, keys = model._meta.db_table, list(by_key)
    name = f"answers {table} {keys}"
    rows = kept_if_large(of, name, lambda: _rows(table, keys, run)) if of else _rows(table, keys, run)
    return [JurorStatistics(juror, *rows.get(pk, ())) for pk, juror in by_key.items()]


def _rows(table: str, jurors: list[int], run: Run | None) -> dict[int, Any]:
    """Return the counts, latencies and cost of the jurors that have answers, by primary key."""
    with connection.cursor() as cursor:
        sql = ANSWER_STATISTICS.format(table=table, of_run=OF_RUN)
        cursor.execute(sql, {"jurors": jurors, "run": run.pk if run else None, "sample": SAMPLE})
        return {row[0]: row[1:] for row in cursor.fetchall()}
