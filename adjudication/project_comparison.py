"""The labels of two projects on the same dialogues, as under two policies of content."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from corpus.labels import FIELDS, Field
from corpus.models import Project

MOST_ROWS = 50
SHARED = """
WITH shared AS MATERIALIZED (
    SELECT a.external_id AS id, {columns}, d.categories AS own_categories, e.categories AS other_categories
    FROM corpus_item a JOIN corpus_item b ON b.external_id = a.external_id AND b.project_id = %(other)s
    LEFT JOIN adjudication_decision d ON d.item_id = a.id AND d.policy = %(own_policy)s
    LEFT JOIN adjudication_decision e ON e.item_id = b.id AND e.policy = %(other_policy)s
    WHERE a.project_id = %(own)s AND a.withdrawn_at IS NULL AND b.withdrawn_at IS NULL AND a.turns = b.turns
)
"""
COLUMNS = ", ".join(
    f"{table}.{field.column('label')} AS {side}_{field}"
    for table, side in (("d", "own"), ("e", "other"))
    for field in FIELDS
)
IS_DIFFERENT = " OR ".join(f"(own_{field} <> other_{field})" for field in FIELDS)
COUNTS = """
SELECT own_{field}, other_{field}, count(*) FROM shared
WHERE own_{field} IS NOT NULL AND other_{field} IS NOT NULL GROUP BY 1, 2
"""
CATEGORIES = """
SELECT own, other, count(*)
FROM shared, LATERAL unnest(own_categories) AS own, LATERAL unnest(other_categories) AS other
GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT %(most)s
"""
DIFFERING = """
SELECT id, {labels}, own_categories, other_categories, count(*) OVER () FROM shared WHERE {different}
ORDER BY id COLLATE "C" LIMIT %(most)s
"""


@dataclass(frozen=True)
class FieldComparison:
    """How far the labels of two projects agree on one field."""

    field: Field
    table: Mapping[tuple[str, str], int]
    "Own and other label to the number of dialogues; those without both labels are left out."

    @property
    def both(self) -> int:
        """How many dialogues have a label in both projects."""
        return sum(self.table.values())

    @property
    def equal(self) -> int:
        """How many have the same."""
        return sum(count for (own, other), count in self.table.items() if own == other)

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa (Cohen 1960); None where chance alone would agree on all, or there is nothing."""
        if not self.both:
            return None
        share = {
            side: sum(count for labels, count in self.table.items() if labels[side] == "unsafe") / self.both
            for side in (0, 1)
        }
        chance = share[0] * share[1] + (1 - share[0]) * (1 - share[1])
        return None if chance == 1 else (self.equal / self.both - chance) / (1 - chance)


@dataclass(frozen=True)
class ProjectComparison:
    """The decisions of two projects on the dialogues that both have, with the same id and the same text."""

    shared: int
    fields: list[FieldComparison]
    categories: list[tuple[str, str, int]]
    "Slug here, slug there, and how many dialogues have both; most first, MOST_ROWS at most."
    differing: int
    rows: list[dict[str, Any]]
    "Dialogues with another label in one of the fields, MOST_ROWS at most."


def compare_projects(own: Project, other: Project) -> ProjectComparison:
    """Compare the decisions of two projects, each under its own policy as last counted."""
    parameters = {
        "own": own.pk,
        "other": other.pk,
        "own_policy": own.policy,
        "other_policy": other.policy,
        "most": MOST_ROWS,
    }
    labels = ", ".join(f"own_{field}, other_{field}" for field in FIELDS)
    rows = run(DIFFERING.format(labels=labels, different=IS_DIFFERENT), parameters)
    fields = [
        FieldComparison(field, {(a, b): count for a, b, count in run(COUNTS.format(field=field), parameters)})
        for field in FIELDS
        if field in own.fields and field in other.fields
    ]
    return ProjectComparison(
        shared=run("SELECT count(*) FROM shared", parameters)[0][0],
        fields=fields,
        categories=run(CATEGORIES, parameters),
        differing=rows[0][-1] if rows else 0,
        rows=[row_of(row) for row in rows],
    )


def run(sql: str, parameters: dict[str, Any]) -> list[Any]:
    """Return the rows of a query on the dialogues that both projects have."""
    with connection.cursor() as cursor:
        cursor.execute(SHARED.format(columns=COLUMNS) + sql, parameters)
        return list(cursor.fetchall())


def row_of(row: tuple[Any, ...]) -> dict[str, Any]:
    """Return a dialogue whose labels differ: its id, and for each field the label here and there."""
    external_id, *rest = row
    labels = [
        (field.display_name, rest[2 * at], rest[2 * at + 1])
        for at, field in enumerate(FIELDS)
        if rest[2 * at] != rest[2 * at + 1]
    ]
    return {"id": external_id, "labels": labels, "own": rest[-3], "other": rest[-2]}
