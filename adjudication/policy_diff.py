"""What would become of a project's labels under another policy: two counts of the same opinions, set side by side."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from adjudication.counting import decisions_sql
from adjudication.policies import Policy
from corpus.models import Project

MOST_ROWS = 500
STATES = ("safe", "unsafe", "disputed", "pending")
STATUSES = ("decided", "disputed", "pending", "settled")
# The state of a field is its label or, where it has none, why not. Sets of categories are compared, not their order.
DIFF = """
WITH a AS ({ours}), b AS ({theirs}), both_ AS MATERIALIZED (
    SELECT a.item_id, i.external_id, i.withdrawn_at IS NOT NULL AS is_gone,
        a.status AS old_status, b.status AS new_status,
        coalesce(a.prompt_label, a.prompt_status) AS old_prompt,
        coalesce(b.prompt_label, b.prompt_status) AS new_prompt,
        coalesce(a.response_label, a.response_status) AS old_response,
        coalesce(b.response_label, b.response_status) AS new_response,
        a.categories AS old_categories, b.categories AS new_categories
    FROM a JOIN b USING (item_id) JOIN corpus_item i ON i.id = item_id
), changed AS MATERIALIZED (
    SELECT external_id, field, before, after FROM both_, LATERAL (VALUES
        ('prompt_label', old_prompt, new_prompt), ('response_label', old_response, new_response)
    ) AS each (field, before, after) WHERE before IS DISTINCT FROM after
    UNION ALL
    SELECT external_id, 'categories', array_to_string(old_categories, ', '), array_to_string(new_categories, ', ')
    FROM both_ WHERE NOT (old_categories @> new_categories AND old_categories <@ new_categories)
), shown AS (
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
    (SELECT count(*) FROM both_ WHERE new_status = 'disputed' AND NOT is_gone AND NOT EXISTS (
        SELECT FROM adjudication_case c WHERE c.item_id = both_.item_id AND state = 'open')),
    (SELECT count(*) FROM adjudication_case c JOIN both_ USING (item_id)
        WHERE state = 'open' AND reopens_id IS NULL AND new_status <> 'disputed'),
    (SELECT count(*) FROM shown),
    (SELECT coalesce(json_agg(row_to_json(page)), '[]') FROM (
        SELECT external_id AS id, field, before, after FROM shown
        ORDER BY external_id COLLATE "C", field DESC LIMIT %(limit)s OFFSET %(offset)s) AS page)
"""


@dataclass(frozen=True)
class Kind:
    """A kind of change, which may be asked for alone; empty parts are any."""

    field: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Difference:
    ours: Policy
    theirs: Policy
    counts: list[dict[str, Any]]
    "By field, before and after; of categories the number alone."
    statuses: dict[str, tuple[int, int]]
    "Items of each status, now and then."
    opens: int
    "Cases that would open; `closes`: that would close."
    closes: int
    total: int
    "Changes of the kind that was asked for; `rows` has a page of them."
    rows: list[dict[str, Any]]

    @property
    def labels(self) -> int:
        """How many labels of a field would change."""
        return sum(count["n"] for count in self.counts if count["field"] != "categories")

    @property
    def categories(self) -> int:
        return sum(count["n"] for count in self.counts if count["field"] == "categories")


def difference(
    project: Project, ours: Policy, theirs: Policy, *, kind: Kind | None = None, limit: int = 50, offset: int = 0
) -> Difference:
    """Count under both policies from the opinions as they are, storing nothing."""
    sql = DIFF.format(ours=decisions_sql(ours, project.fields), theirs=decisions_sql(theirs, project.fields))
    kind = kind or Kind()
    parameters: dict[str, Any] = {"project": project.pk, "taxonomy": project.taxonomy_id, "policy": theirs.name}
    parameters |= {"field": kind.field, "before": kind.before, "after": kind.after}
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters | {"limit": min(limit, MOST_ROWS), "offset": offset})
        counts, old, new, opens, closes, total, rows = cursor.fetchone()
    return Difference(
        ours=ours,
        theirs=theirs,
        counts=[dict(zip(("field", "before", "after", "n"), count, strict=True)) for count in counts],
        statuses={status: (old.get(status, 0), new.get(status, 0)) for status in STATUSES},
        opens=opens,
        closes=closes,
        total=total,
        rows=rows,
    )
