"""What the bounds on category sets stand on, as `adjudication.certifying.sets` defines it, in one statement."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from django.db import connection

from adjudication.certifying.sets import SETS, SetGroup, share_without
from adjudication.counting import GIVEN, GIVEN_TRANSLATED, TALLIED_PARTS, FieldParts, counted_slugs, opinions_of
from adjudication.panel_scores import BINS
from adjudication.policies import PANEL, Kind, Policy
from adjudication.queries.decisions import json_lines
from annotation.sampling import IN_SMALLEST, LEAST_ODDS
from corpus.labels import FIELDS, NEEDS_RESPONSE
from corpus.models import Project
from corpus.taxonomy_versions import counts_as

JUDGED = """
WITH item AS (
    SELECT id AS item_id, external_id, has_response FROM corpus_item
    WHERE project_id = %(project)s AND withdrawn_at IS NULL AND refusal_of IS NULL
), opinion AS MATERIALIZED ({opinions}
), tally AS (
    SELECT item_id, {tallied} FROM opinion GROUP BY item_id
), least AS ({least}), judged AS MATERIALIZED (
    SELECT i.external_id, t.item_id, s.item_id IS NOT NULL AS is_settled, {settled_categories} AS settled_names,
        {judged}, {unsafe} AS is_unsafe,
        s.item_id IS NOT NULL OR ({known}) AS is_known,
        s.item_id IS NOT NULL OR ({complete}) AS has_all_votes, coalesce({in_smallest}, false) AS is_drawn
    FROM tally t JOIN item i USING (item_id) CROSS JOIN least
        LEFT JOIN annotation_sampledraw d USING (item_id)
        LEFT JOIN adjudication_case s ON s.item_id = t.item_id AND s.state = 'settled'
    WHERE {calls_unsafe}
)"""
GROUPS = """, named AS (
    SELECT item_id, is_human, slug, count(*) AS count
    FROM opinion JOIN judged USING (item_id), LATERAL unnest(names) AS slug
    WHERE is_known AND is_naming GROUP BY item_id, is_human, slug
), naming AS (
    SELECT item_id, is_human, count(*) AS naming FROM opinion WHERE is_naming GROUP BY item_id, is_human
), pooled AS (
    SELECT item_id, is_human, coalesce(array_agg(slug) FILTER (WHERE count * 2 > naming),
        array_agg(slug) FILTER (WHERE count = most)) AS names
    FROM (SELECT *, max(count) OVER (PARTITION BY item_id, is_human) AS most FROM named) AS ranked
    JOIN naming USING (item_id, is_human) GROUP BY item_id, is_human
), compared AS (
    SELECT j.*, coalesce(p.names, '{{}}') AS ours,
        CASE WHEN is_settled THEN settled_names WHEN is_unsafe THEN coalesce(h.names, '{{}}') ELSE '{{}}' END AS theirs
    FROM judged j LEFT JOIN pooled p ON p.item_id = j.item_id AND NOT p.is_human
        LEFT JOIN pooled h ON h.item_id = j.item_id AND h.is_human
), counted AS (
    SELECT compared.*, cardinality(ours) AS named, cardinality(theirs) AS wanted,
        (SELECT count(*) FROM unnest(ours) AS slug WHERE slug = ANY(theirs)) AS shared
    FROM compared
)
SELECT {columns}, is_unsafe, is_known, is_known AND has_all_votes, is_drawn,
    CASE WHEN is_known THEN named END, CASE WHEN is_known THEN wanted END, CASE WHEN is_known THEN shared END, count(*)
FROM counted GROUP BY {numbers}
"""
LABELLED = f"""
SELECT row_to_json(line)::text FROM (
    SELECT external_id AS item, '{SETS}' AS field FROM judged
    WHERE is_drawn AND is_known AND has_all_votes ORDER BY external_id COLLATE "C"
) AS line
"""
# The parts for one field. {part} is prompt or response.
TALLIED = """
        count(*) FILTER (WHERE is_human AND NOT {part}_is_unsafe) AS {part}_safe,
        count(*) FILTER (WHERE is_human AND {part}_is_unsafe) AS {part}_unsafe,
        count(*) FILTER (WHERE NOT is_human AND NOT {part}_is_unsafe) AS {part}_panel_safe,
        count(*) FILTER (WHERE NOT is_human AND {part}_is_unsafe) AS {part}_panel_unsafe"""
CALLED = (
    """({has} AND {part}_panel_unsafe > {part}_panel_safe AND {part}_panel_unsafe + {part}_panel_safe >= {panel})"""
)
CALLED_SURELY = f"({CALLED} AND {{bin}} > 0)"
SCORE = """
        CASE WHEN {called} THEN {part}_panel_unsafe / gcd({part}_panel_unsafe, {part}_panel_safe)
            END AS {part}_agreeing,
        CASE WHEN {called} THEN ({part}_panel_unsafe + {part}_panel_safe) / gcd({part}_panel_unsafe, {part}_panel_safe)
            END AS {part}_counted,
        s.item_id IS NULL AND {has} AND {part}_safe + {part}_unsafe < {quorum} AS {part}_asked"""
SCORE_BY_BIN = """
        CASE WHEN {called} THEN {bin} END AS {part}_agreeing, CASE WHEN {called} THEN {bins} END AS {part}_counted,
        s.item_id IS NULL AND {has} AND {part}_safe + {part}_unsafe < {quorum} AS {part}_asked"""
UNSAFE = "{has} AND {part}_safe + {part}_unsafe >= {quorum} AND {part}_unsafe > {part}_safe"
KNOWN = "(NOT {has} OR {part}_safe + {part}_unsafe >= {quorum} AND {part}_unsafe <> {part}_safe)"
COMPLETE = "(NOT {has} OR {part}_safe + {part}_unsafe >= {wanted})"


def read_set_groups(project: Project, policy: Policy) -> list[SetGroup]:
    """Return the items that a panel calls unsafe on some field, in groups of alike ones."""
    columns = [f"{field.part}_{name}" for field in FIELDS for name in ("agreeing", "counted", "asked")]
    numbers = ", ".join(str(at + 1) for at in range(len(columns) + 7))
    statement = judged_sql(project, policy) + GROUPS.format(columns=", ".join(columns), numbers=numbers)
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters_of(project))
        return [as_group(row) for row in cursor.fetchall()]


def as_group(row: tuple[Any, ...]) -> SetGroup:
    """Return a row of the statement as a group."""
    by_field = [(field, *row[3 * at : 3 * at + 3]) for at, field in enumerate(FIELDS)]
    is_unsafe, is_known, is_complete, is_drawn, named, wanted, shared, items = row[3 * len(FIELDS) :]
    return SetGroup(
        scores=tuple((field, Fraction(agreeing, counted)) for field, agreeing, counted, _ in by_field if counted),
        asked=frozenset(field for field, _, _, is_asked in by_field if is_asked),
        is_unsafe=is_unsafe,
        is_drawn=is_drawn,
        is_complete=is_complete,
        losses=(share_without(named, shared), share_without(wanted, shared)) if is_known else None,
        items=items,
    )


def labelled_sets(project: Project, policy: Policy) -> Iterator[bytes]:
    """
    Yield the items whose sets a certificate stands on, as JSON lines: `item`, and `categories` as the `field`.

    Only those that people have given with all their votes: nobody is asked about them any more, so that it may be told
    which they are.
    """
    return json_lines(judged_sql(project, policy) + LABELLED, parameters_of(project))


def parameters_of(project: Project) -> dict[str, Any]:
    """Return the parameters of `judged_sql`."""
    return {"project": project.pk, "secret": project.salt, "taxonomy": project.taxonomy_id}


def judged_sql(project: Project, policy: Policy) -> str:
    """Return the part of a statement with an item a row that a panel calls unsafe on some field, as `judged`."""
    parts = [FieldParts(field, policy, is_wanted=field in project.fields) for field in FIELDS]
    translates = bool(counts_as(project.taxonomy_id))
    given = GIVEN_TRANSLATED.replace("{taxonomy}", "%(taxonomy)s") if translates else GIVEN
    values = [values_of(project, policy, each) for each in parts]
    by_bin = parts[0].has_parts
    called = [(CALLED_SURELY if by_bin else CALLED).format(**each) for each in values]
    score = SCORE_BY_BIN if by_bin else SCORE
    scores = [score.format(**each, called=is_called) for each, is_called in zip(values, called, strict=True)]
    return JUDGED.format(
        opinions=" UNION ALL ".join(opinions_of(kind, policy, parts, given) for kind in Kind),
        tallied=",".join((TALLIED + (TALLIED_PARTS if by_bin else "")).format(**each) for each in values),
        least=LEAST_ODDS,
        settled_categories=counted_slugs("s.categories", "%(taxonomy)s", translates=translates),
        judged=",".join(scores),
        unsafe=f"({' OR '.join(UNSAFE.format(**each) for each in values)})",
        known=" AND ".join(KNOWN.format(**each) for each in values),
        complete=" AND ".join(COMPLETE.format(**each) for each in values),
        in_smallest=IN_SMALLEST,
        calls_unsafe=" OR ".join(called),
    )


def values_of(project: Project, policy: Policy, parts: FieldParts) -> dict[str, Any]:
    """Return what the parts of the statement say of one field."""
    field = parts.field
    has_field = "i.has_response" if field in NEEDS_RESPONSE else "true"
    return {
        "part": field.part,
        "has": has_field if field in project.fields else "false",
        "panel": PANEL,
        "bin": parts.bin,
        "bins": BINS,
        "quorum": policy.quorum,
        "wanted": project.votes_wanted,
    }
