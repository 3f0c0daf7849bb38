"""What a certificate stands on, counted by score: panel, people and blind sample. Never which items are in it."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from django.db import connection

from adjudication.certifying.certificates import Score
from adjudication.counting import SOURCES, sql_list
from adjudication.panel_scores import BINS, PARTS_SQL, ScoreBy, bin_sql
from adjudication.policies import PANEL, Kind, Policy
from adjudication.queries.decisions import json_lines
from annotation.sampling import IN_SMALLEST, LEAST_ODDS
from corpus.labels import FIELDS, NEEDS_RESPONSE, Field
from corpus.models import Project

TALLY = """
    SELECT item_id, count(*) FILTER (WHERE NOT {field} IN {unsafe}) AS safe,
        count(*) FILTER (WHERE {field} IN {unsafe}) AS unsafe{parts}
    FROM {table} JOIN item USING (item_id) WHERE {condition} AND {field} IS NOT NULL GROUP BY item_id"""
JUDGED = """
WITH item AS (
    SELECT id AS item_id, external_id FROM corpus_item i
    WHERE project_id = %(project)s AND withdrawn_at IS NULL AND refusal_of IS NULL AND {has_field}
), panel AS ({panel}), people AS ({people}), least AS ({least}), judged AS (
    SELECT i.external_id, b.unsafe > b.safe AS by_panel, {score}
        s.item_id IS NULL AND coalesce(v.safe + v.unsafe, 0) < {quorum} AS is_alone,
        CASE WHEN s.item_id IS NOT NULL THEN s.{field} = 'unsafe'
            WHEN v.safe + v.unsafe >= {quorum} AND v.safe <> v.unsafe THEN v.unsafe > v.safe END AS by_people,
        s.item_id IS NOT NULL OR coalesce(v.safe + v.unsafe, 0) >= {wanted} AS is_complete,
        coalesce({in_smallest}, false) AS is_drawn
    FROM panel b JOIN item i USING (item_id) CROSS JOIN least LEFT JOIN people v USING (item_id)
        LEFT JOIN annotation_sampledraw d USING (item_id)
        LEFT JOIN adjudication_case s ON s.item_id = i.item_id AND s.state = 'settled'
    WHERE b.safe + b.unsafe >= {least_ballots} AND b.safe <> b.unsafe{has_score}
)
"""
BY_SHARE = """greatest(b.safe, b.unsafe) / gcd(b.safe, b.unsafe) AS agreeing,
        (b.safe + b.unsafe) / gcd(b.safe, b.unsafe) AS counted,"""
BIN = bin_sql(safe="b.safe", unsafe="b.unsafe", parts="b.parts", known="b.known")
SCORES = """
SELECT agreeing, counted,
    count(*) FILTER (WHERE is_drawn),
    count(*) FILTER (WHERE is_drawn AND is_complete AND by_people <> by_panel),
    count(*) FILTER (WHERE is_drawn AND NOT (is_complete AND by_people IS NOT NULL)),
    count(*), count(*) FILTER (WHERE by_people <> by_panel), count(*) FILTER (WHERE is_alone)
FROM judged GROUP BY agreeing, counted ORDER BY agreeing::float8 / counted DESC, agreeing
"""
LABELLED = """
SELECT row_to_json(line)::text FROM (
    SELECT external_id AS item, '{field}' AS field FROM judged
    WHERE is_drawn AND is_complete AND by_people IS NOT NULL ORDER BY external_id COLLATE "C"
) AS line
"""


def read_scores(project: Project, policy: Policy) -> dict[Field, list[Score]]:
    """Return for each wanted field every distinct score of the panel, with the items that have it."""
    wanted = [field for field in FIELDS if field in project.fields]
    return {field: scores_of_field(project, policy, field) for field in wanted}


def scores_of_field(project: Project, policy: Policy, field: Field) -> list[Score]:
    """Return the distinct scores of one field, from the strictest down."""
    with connection.cursor() as cursor:
        cursor.execute(judged_sql(project, policy, field) + SCORES, parameters_of(project))
        return [Score(Fraction(agreeing, counted), *counts) for agreeing, counted, *counts in cursor.fetchall()]


def labelled_sample(project: Project, policy: Policy) -> Iterator[bytes]:
    """
    Yield `item` and `field` of the labels that a certificate stands on, as JSON lines.

    Only those that people have given with all their votes: nobody is asked about them any more, so that it may be told
    which they are.
    """
    for field in [field for field in FIELDS if field in project.fields]:
        statement = judged_sql(project, policy, field) + LABELLED.format(field=field)
        yield from json_lines(statement, parameters_of(project))


def parameters_of(project: Project) -> dict[str, Any]:
    """Return the parameters of `judged_sql`."""
    return {"project": project.pk, "secret": project.salt}


def judged_sql(project: Project, policy: Policy, field: Field) -> str:
    """Return the part of a statement with an item a row on whose field the panel has a label, as `judged`."""
    tallies = {kind: tally_of(kind, policy, field) for kind in Kind}
    return JUDGED.format(
        field=field,
        has_field="has_response" if field in NEEDS_RESPONSE else "true",
        panel=tallies[Kind.LLM],
        people=tallies[Kind.HUMAN],
        quorum=policy.quorum,
        wanted=project.votes_wanted,
        least=LEAST_ODDS,
        in_smallest=IN_SMALLEST,
        least_ballots=PANEL,
        **parts_of_score(policy),
    )


def parts_of_score(policy: Policy) -> dict[str, str]:
    """Return what the statement says of the score: its columns, and the condition that there is one."""
    if policy.score_by == ScoreBy.SHARE:
        return {"score": BY_SHARE, "has_score": ""}
    return {"score": f"{BIN} AS agreeing, {BINS} AS counted,", "has_score": f" AND {BIN} > 0"}


def tally_of(kind: Kind, policy: Policy, field: Field) -> str:
    """Return the query for how many opinions of a kind call a field safe and unsafe."""
    table, condition = SOURCES[kind]
    unsafe = sql_list(sorted(policy.unsafe_labels))
    parts = ""
    if kind == Kind.LLM and policy.score_by == ScoreBy.PROBABILITY:
        each = PARTS_SQL.format(label=field, column=field.column("probability"))
        parts = f", sum({each}) AS parts, count({each}) AS known"
    return TALLY.format(field=field, unsafe=unsafe, table=table, condition=condition, parts=parts)
