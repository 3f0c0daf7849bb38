"""Compare two policies on the same opinions: which labels of a project, and which cases, would change."""

from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from adjudication.answer_counting import decided_answers_sql, parameters_of
from adjudication.counting import decisions_sql
from adjudication.policies import Policy
from corpus.labels import FIELDS
from corpus.models import Project
from corpus.queries import questions_of
from corpus.taxonomy_versions import counts_as

MOST_ROWS = 500
STATUSES = ("decided", "disputed", "pending", "settled")
# The state of a field is its label or, without one, its status. Categories are compared as sets.
STATES = ", ".join(
    f"coalesce({side}.{field.column('label')}, {side}.{field.column('status')}) AS {side}_{field.part}"
    for side in ("old", "new")
    for field in FIELDS
)
FIELD_ROWS = ", ".join(f"('{field}', old_{field.part}, new_{field.part})" for field in FIELDS)
# Both sides have every item. A full join is hashed, whatever PostgreSQL estimates; a loop over both decided the second
# side anew for each item of the first.
DIFF = """
WITH old AS ({current}), new AS ({proposed}), both_ AS MATERIALIZED (
    SELECT old.item_id, i.external_id, i.withdrawn_at IS NOT NULL AS is_withdrawn,
        old.status AS old_status, new.status AS new_status, {states}, new.status = 'disputed'
            OR new.status <> 'settled' AND item_id IN (SELECT unnest(%(asks)s::bigint[])) AS has_case,
        old.categories AS old_categories, new.categories AS new_categories
    FROM old FULL JOIN new USING (item_id) JOIN corpus_item i ON i.id = item_id
), changed AS MATERIALIZED (
    SELECT external_id, field, before, after
    FROM both_, LATERAL (VALUES {field_rows}) AS each (field, before, after) WHERE before IS DISTINCT FROM after
    UNION ALL
    SELECT external_id, 'categories', array_to_string(old_categories, ', '), array_to_string(new_categories, ', ')
    FROM both_ WHERE NOT (old_categories @> new_categories AND old_categories <@ new_categories)
), matching AS (
    SELECT * FROM changed WHERE (%(field)s = '' OR field = %(field)s)
        AND (%(before)s = '' OR before = %(before)s) AND (%(after)s = '' OR after = %(after)s)
)
SELECT
    (SELECT coalesce(json_agg(json_build_array(field, before, after, n)), '[]') FROM (
        SELECT field, CASE WHEN field <> 'categories' THEN before END AS before,
            CASE WHEN field <> 'categories' THEN after END AS after, count(*) AS n
        FROM changed GROUP BY 1, 2, 3 ORDER BY 1 DESC, 4 DESC, 2, 3) AS counted),
    (SELECT coalesce(json_object_agg(status, n), '{{}}') FROM (
        SELECT old_status AS status, count(*) AS n FROM both_ GROUP BY 1) AS counted),
    (SELECT coalesce(json_object_agg(status, n), '{{}}') FROM (
        SELECT new_status AS status, count(*) AS n FROM both_ GROUP BY 1) AS counted),
    (SELECT count(*) FROM both_ WHERE has_case AND NOT is_withdrawn AND NOT EXISTS (
        SELECT FROM adjudication_case c WHERE c.item_id = both_.item_id AND state = 'open')),
    (SELECT count(*) FROM adjudication_case c JOIN both_ USING (item_id)
        WHERE state = 'open' AND reopens_id IS NULL AND NOT has_case),
    (SELECT count(*) FROM matching),
    (SELECT coalesce(json_agg(row_to_json(page)), '[]') FROM (
        SELECT external_id AS id, field, before, after FROM matching
        ORDER BY external_id COLLATE "C", field DESC LIMIT %(limit)s OFFSET %(offset)s) AS page)
"""


@dataclass(frozen=True)
class ChangeFilter:
    """Which changes to list; an empty attribute matches any."""

    field: str = ""
    "A label field, or `categories`."
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Difference:
    """The changes that a proposed policy would make."""

    current: Policy
    proposed: Policy
    counts: list[dict[str, Any]]
    "Number of changes `n` by field, before and after; for categories the number alone."
    statuses: dict[str, tuple[int, int]]
    "Items of each status, now and then."
    cases_opened: int
    cases_closed: int
    total: int
    "Changes that match the filter; `rows` has a page of them."
    rows: list[dict[str, Any]]

    @property
    def labels(self) -> int:
        """Number of labels that would change, over all label fields; those of `undecided` are none."""
        of_fields: int = sum(count["n"] for count in self.counts if count["field"] != "categories")
        return of_fields - self.undecided

    @property
    def undecided(self) -> int:
        """Number of labels that are not decided and come or go with their field: nobody reads another label there."""
        return sum(count["n"] for count in self.counts if is_undecided(count))

    @property
    def categories(self) -> int:
        """Number of items whose categories would change."""
        return sum(count["n"] for count in self.counts if count["field"] == "categories")


def is_undecided(count: dict[str, Any]) -> bool:
    """Return whether a count of changes is of a field that is added or left out, without a label."""
    states = {count["before"], count["after"]}
    return count["field"] != "categories" and None in states and not states.isdisjoint(STATUSES)


def difference(
    project: Project,
    current: Policy,
    proposed: Policy,
    *,
    fields: tuple[str, ...] | None = None,
    matching: ChangeFilter | None = None,
    limit: int = 50,
    offset: int = 0,
    taxonomy: int | None = None,
) -> Difference:
    """
    Compare the decisions under two policies, from the opinions as they are. Nothing is stored.

    :param taxonomy: primary key of the version that is proposed besides; None for the present one
    :param fields: the label fields wanted under the proposed policy; default: those of the project
    :param matching: which changes to list
    :param limit: how many changes to list, at most MOST_ROWS, after the first `offset`
    """
    then = taxonomy or project.taxonomy_id
    sql = DIFF.format(
        current=decisions_sql(current, project.fields, translates=bool(counts_as(project.taxonomy_id))),
        proposed=decisions_sql(
            proposed, fields or project.fields, translates=bool(counts_as(then)), taxonomy="%(taxonomy_then)s"
        ),
        states=STATES,
        field_rows=FIELD_ROWS,
    )
    matching = matching or ChangeFilter()
    parameters: dict[str, Any] = {"project": project.pk, "taxonomy": project.taxonomy_id, "policy": proposed.name}
    parameters |= {"taxonomy_then": then, **asdict(matching)} | {"limit": min(limit, MOST_ROWS), "offset": offset}
    with connection.cursor() as cursor:
        parameters["asks"] = disputed_answers(cursor, project, proposed)
        cursor.execute(sql, parameters)
        counts, old, new, opened, closed, total, rows = cursor.fetchone()
    return Difference(
        current=current,
        proposed=proposed,
        counts=[dict(zip(("field", "before", "after", "n"), count, strict=True)) for count in counts],
        statuses={status: (old.get(status, 0), new.get(status, 0)) for status in STATUSES},
        cases_opened=opened,
        cases_closed=closed,
        total=total,
        rows=rows,
    )


def disputed_answers(cursor: CursorWrapper, project: Project, policy: Policy) -> list[int]:
    """Return the primary keys of the items on which a policy finds answers disputed that open cases."""
    found: set[int] = set()
    for question in questions_of(project):
        if question.opens_cases and not question.retired_at:
            answers = decided_answers_sql(policy, question)
            parameters = {"project": project.pk, **parameters_of([question])}
            cursor.execute(f"SELECT item_id FROM ({answers}) AS answer WHERE status = 'disputed'", parameters)
            found.update(item for (item,) in cursor.fetchall())
    return sorted(found)
