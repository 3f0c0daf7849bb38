"""What guards said of cases, in SQL: counted for many evaluations at once, or row by row for one."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection

from guards.figures.cases import NO_LABEL, NOT_ASKED
from guards.models import Evaluation
from guards.queries.evaluations import VALUES

ROWS_AT_ONCE = 2_000
# The cases of an evaluation, drawn as `cases_asked` draws them.
CASES = """
    SELECT * FROM (
        SELECT c.number, c.case_id, c.text_id, c.is_unsafe, c.pair,
            count(*) OVER (ORDER BY md5(f.family || b.sha256), f.family) AS place
        FROM guards_benchmarkcase c JOIN guards_benchmark b ON b.id = c.benchmark_id
        CROSS JOIN LATERAL (SELECT CASE WHEN e."limit" IS NULL THEN NULL WHEN b.twins IS NULL THEN c.number::text
            ELSE c.pair END AS family) f
        WHERE c.benchmark_id = e.benchmark_id
        AND NOT EXISTS (SELECT FROM unnest(e.left_out_cases) l WHERE l = c.number)
    ) d WHERE e."limit" IS NULL OR place <= e."limit"
"""
COUNTS = f"""
    SELECT e.id, c.is_unsafe, v.id IS NULL OR v.outcome = 'failed', v.label, count(*) FROM guards_evaluation e
    CROSS JOIN LATERAL ({CASES}) c LEFT JOIN guards_verdict v ON v.run_id = e.run_id AND v.text_id = c.text_id
    WHERE e.id = ANY(%s) GROUP BY 1, 2, 3, 4
"""
# Strict: caution counts as flagged. A family has a flip if some of its readable answers flag, and not all.
FLIPS = f"""
    SELECT id, count(*) FILTER (WHERE flagged BETWEEN 1 AND twins - 1), count(*) FROM (
        SELECT e.id, c.pair, count(*) AS twins, count(*) FILTER (WHERE v.label <> 'safe') AS flagged
        FROM guards_evaluation e CROSS JOIN LATERAL ({CASES}) c
        JOIN guards_verdict v ON v.run_id = e.run_id AND v.text_id = c.text_id AND v.outcome = 'cast'
        WHERE e.id = ANY(%s) GROUP BY 1, 2
    ) f WHERE twins > 1 GROUP BY 1
"""
VERDICTS = f"""
    SELECT c.number, c.case_id, t.transform, c.is_unsafe, v.outcome, v.label, v.categories, v.probability, v.reason,
        v.raw_reply, v.cached_from_id IS NOT NULL, v.cast_at
    FROM guards_evaluation e CROSS JOIN LATERAL ({CASES}) c
    CROSS JOIN LATERAL (
        SELECT NULL AS transform, c.text_id AS text_id UNION ALL
        SELECT x.transform, x.result_id FROM guards_transformedtext x
        WHERE x.text_id = c.text_id AND x.transform = ANY(e.transforms)
    ) t LEFT JOIN guards_verdict v ON v.run_id = e.run_id AND v.text_id = t.text_id
    WHERE e.id = %s ORDER BY c.number, t.transform NULLS FIRST
"""

Counts = Counter[tuple[int, int]]
"How many cases have a truth (1 unsafe, 0 safe, NO_LABEL) and a verdict (a value of Verdict, or NOT_ASKED)."


def verdict_counts(evaluations: Iterable[Evaluation]) -> dict[int, Counts]:
    """Return for each evaluation, by its primary key, how many cases have which label and verdict, in one query."""
    found: dict[int, Counts] = {evaluation.pk: Counter() for evaluation in evaluations}
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, [list(found)])
        for key, is_unsafe, is_missing, label, count in cursor.fetchall():
            truth = NO_LABEL if is_unsafe is None else int(is_unsafe)
            found[key][truth, NOT_ASKED if is_missing else int(VALUES[label])] += count
    return found


def flip_counts(evaluations: Iterable[Evaluation]) -> dict[int, tuple[int, int]]:
    """
    Return for each evaluation on twins, by its primary key, how many families have answers that differ, and how many
    have two readable answers or more, in one query.
    """
    found = {evaluation.pk: (0, 0) for evaluation in evaluations}
    with connection.cursor() as cursor:
        cursor.execute(FLIPS, [list(found)])
        return found | {key: (flipped, compared) for key, flipped, compared in cursor.fetchall()}


def stream_verdicts(evaluation: Evaluation) -> Iterator[dict[str, Any]]:
    """
    Yield the verdict on every case, and on each of its transformed texts; within a transaction.

    :return: case, id, transform (None for the text as it is), truth, outcome (`not_asked` where the guard was not),
        label, categories, probability, reason, raw_reply, cached, cast_at
    """
    with connection.chunked_cursor() as cursor:
        cursor.execute(VERDICTS, [evaluation.pk])
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield from map(as_verdict, rows)


def as_verdict(row: tuple[Any, ...]) -> dict[str, Any]:
    """Return a row of VERDICTS by the names of its columns."""
    number, case_id, transform, is_unsafe, outcome, label, categories, *others = row
    probability, reason, raw_reply, is_cached, cast_at = others
    return {
        "case": number,
        "id": case_id,
        "transform": transform,
        "truth": None if is_unsafe is None else "unsafe" if is_unsafe else "safe",
        "outcome": outcome or "not_asked",
        "label": label,
        "categories": categories or [],
        "probability": probability,
        "reason": reason or "",
        "raw_reply": raw_reply or "",
        "cached": is_cached,
        "cast_at": cast_at,
    }
