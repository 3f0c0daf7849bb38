"""The tables of a release beside the dataset: opinions, decisions and withdrawn items."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from adjudication import queries
from adjudication.panel_scores import ScoreBy
from adjudication.policies import policy_of
from corpus.labels import FIELDS
from corpus.models import Question
from corpus.questions import Type
from jury.queries import asks_probabilities
from releases.answer_columns import arrow_type
from releases.exporting import CLUSTER_JOIN, CLUSTER_KEY, ExportQuery
from releases.parquet import parquet_blocks
from releases.spec import PREFIX, SPREAD, STATUS

# A rater's pseudonym is a salted hash of the name (`annotation/pseudonyms.py`), or the one under which an anonymised
# rater was released before.
PSEUDONYM = """
    CASE WHEN released_as <> '' THEN released_as ELSE kind || '-' || left(encode(
        sha256(convert_to(%(salt)s || ':' || kind || ':' || opinion.name, 'UTF8')), 'hex'), 12) END"""
RELEASED = """i.project_id = %(project)s AND i.withdrawn_at IS NULL
        AND (%(licenses)s::text[] IS NULL OR i.license = ANY(%(licenses)s))"""
OPINIONS = """
SELECT item, {pseudonym} AS rater, kind, {labels}, categories, other_text,
    outcome, t.name || ' v' || t.version AS taxonomy, guideline, prompt_version, prompt_sha256,
    model{probabilities}{answers}
FROM (
    SELECT i.external_id AS item, 'human' AS kind, CASE WHEN a.user_id IS NOT NULL THEN '@'
            WHEN a.name ^@ '@' THEN ' ' ELSE '' END || a.name AS name, a.released_as,
        {labels}, categories, other_text, 'cast' AS outcome, v.taxonomy_id,
        g.name AS guideline, NULL AS prompt_version, NULL AS prompt_sha256, NULL AS model, answers{no_probabilities}
    FROM corpus_item i JOIN annotation_vote v ON v.item_id = i.id JOIN annotation_annotator a ON a.id = annotator_id
        JOIN annotation_guidelineversion g ON g.id = guideline_id
    WHERE is_current AND {released}
    UNION ALL
    SELECT i.external_id, 'llm', j.name, '', {labels}, categories, other_text, outcome, b.taxonomy_id,
        NULL, p.name, p.sha256, j.model, answers{probabilities}
    FROM corpus_item i JOIN jury_ballot b ON b.item_id = i.id JOIN jury_juror j ON j.id = juror_id
        JOIN jury_promptversion p ON p.id = b.prompt_id
    WHERE is_current AND {released}
) AS opinion
JOIN corpus_taxonomy t ON t.id = opinion.taxonomy_id
ORDER BY item, kind, 2
"""
DECISIONS = """
SELECT i.external_id AS item, d.status, d.decided_by,
    {fields},
    d.categories, d.categories_agreed, d.stale, row.split, i.source, i.license{cluster}{answers}
FROM corpus_item i JOIN adjudication_decision d ON d.item_id = i.id AND d.policy = %(policy)s {cluster_join}
    {answer_joins}
    LEFT JOIN ({rows}) AS row ON row.sort_key = i.external_id
WHERE {released}
ORDER BY i.external_id
"""
WITHDRAWN = """
SELECT external_id AS id, withdrawal_reason AS reason FROM corpus_item
WHERE project_id = %(project)s AND withdrawn_at IS NOT NULL ORDER BY external_id
"""


def votes_parquet(query: ExportQuery) -> Iterator[bytes]:
    """Yield the Parquet file of every current opinion on items that are not withdrawn, cast or not."""
    import pyarrow as pa

    text = pa.string()
    names = ("item", "rater", "kind", *(field.value for field in FIELDS))
    more = ("other_text", "outcome", "taxonomy", "guideline", "prompt_version", "prompt_sha256", "model")
    columns = [(name, text) for name in names] + [("categories", pa.list_(text))] + [(name, text) for name in more]
    columns += [(name, pa.float64()) for name in probability_columns(query)]
    columns += zip(query.answers.names, map(arrow_type, query.answers.questions), strict=True)
    return parquet_blocks(opinion_lines(query), pa.schema(columns))


def opinion_lines(query: ExportQuery) -> Iterator[bytes]:
    """Yield every current opinion on items that are not withdrawn as JSON lines."""
    answers = [f", answers -> '{question.key}' AS {PREFIX}{question.key}" for question in query.answers.questions]
    names = probability_columns(query)
    sql = OPINIONS.format(
        pseudonym=PSEUDONYM,
        labels=", ".join(FIELDS),
        probabilities="".join(f", {name}" for name in names),
        no_probabilities="".join(f", NULL::float8 AS {name}" for name in names),
        answers="".join(answers),
        released=RELEASED,
    )
    return json_rows(sql, query.parameters | {"salt": query.project.salt})


def probability_columns(query: ExportQuery) -> list[str]:
    """
    Return the columns of the probabilities that ballots have; none where no juror is asked for any.

    A release whose labels go by them has them in any case: its jurors may have been asked for them earlier.
    """
    decides = policy_of(query.project, query.policy).score_by == ScoreBy.PROBABILITY
    return [field.column("probability") for field in FIELDS] if decides or asks_probabilities(query.project) else []


def decisions_parquet(query: ExportQuery) -> Iterator[bytes]:
    """
    Yield the Parquet file of the decisions on items that are not withdrawn; only exported items have a split.

    Where splits are made by clusters, each item has that of its prompt.
    """
    import pyarrow as pa

    text, number, flag = pa.string(), pa.int32(), pa.bool_()
    columns = [("item", text), ("status", text), ("decided_by", text)]
    types = {"status": text, "label": text, "safe": number, "unsafe": number, "source": text}
    of_fields = [(field.column(name), type_) for field in FIELDS for name, type_ in types.items()]
    columns += of_fields
    columns += [("categories", pa.list_(text)), ("categories_agreed", flag), ("stale", flag)]
    columns += [("split", text), ("source", text), ("license", text)]
    columns += [("cluster", text)] if query.by_cluster else []
    answers = decided_columns(query.answers.questions)
    sql = DECISIONS.format(
        rows=query.sql,
        fields=", ".join(f"d.{name}" for name, _ in of_fields),
        cluster=f", {CLUSTER_KEY} AS cluster" if query.by_cluster else "",
        cluster_join=CLUSTER_JOIN if query.by_cluster else "",
        answers="".join(f", {expression} AS {name}" for name, _, expression in answers),
        answer_joins=query.answers.joins,
        released=RELEASED,
    )
    schema = pa.schema([*columns, *((name, type_) for name, type_, _ in answers)])
    return parquet_blocks(json_rows(sql, query.parameters), schema)


def decided_columns(questions: Sequence[Question]) -> list[tuple[str, Any, str]]:
    """Return the columns of decided answers: name, Arrow type and SQL; only a scale has a spread."""
    import pyarrow as pa

    columns = []
    for at, question in enumerate(questions):
        columns.append((PREFIX + question.key, arrow_type(question), f"a{at}.value"))
        columns.append((STATUS + question.key, pa.string(), f"a{at}.status"))
        if question.type == Type.ORDINAL:
            columns.append((SPREAD + question.key, pa.int32(), f"a{at}.spread"))
    return columns


def withdrawn_lines(query: ExportQuery) -> Iterator[bytes]:
    """Yield id and reason of the withdrawn items as JSON lines."""
    return json_rows(WITHDRAWN, query.parameters)


def json_rows(sql: str, parameters: dict[str, Any]) -> Iterator[bytes]:
    """Yield the rows of a query as JSON objects, each a line."""
    return queries.json_lines(f"SELECT row_to_json(line)::text FROM ({sql}) AS line", parameters)


LABEL_COUNTS = """(SELECT json_object_agg(label, count) FROM (
        SELECT {field} AS label, count(*) FROM every WHERE {field} IS NOT NULL GROUP BY 1 ORDER BY 1
    ) AS c) AS {field}"""
COUNTS = """
SELECT
    (SELECT json_object_agg(split, count) FROM (SELECT split, count(*) FROM every GROUP BY 1 ORDER BY 1) AS c) AS split,
    {labels},
    (SELECT json_object_agg(source, count) FROM (
        SELECT source COLLATE "C" AS source, count(*) FROM every GROUP BY 1 ORDER BY 1) AS c) AS source,
    (SELECT json_object_agg(license, count) FROM (
        SELECT license COLLATE "C" AS license, count(*) FROM every GROUP BY 1 ORDER BY 1) AS c) AS license,
    (SELECT json_object_agg(name, count) FROM (
        SELECT name COLLATE "C" AS name, count(*)
        FROM every, LATERAL unnest(string_to_array(violated_categories, ', ')) AS name
        WHERE name <> '' GROUP BY 1 ORDER BY 1) AS c) AS category
FROM (SELECT) AS one
"""


def export_counts(query: ExportQuery) -> dict[str, dict[str, int]]:
    """Return the number of exported rows by split, label, source, licence and category."""
    counts = COUNTS.format(labels=", ".join(LABEL_COUNTS.format(field=field) for field in FIELDS))
    lines = list(json_rows(f"WITH every AS MATERIALIZED ({query.sql}) {counts}", query.parameters))
    return {name: count or {} for name, count in orjson.loads(lines[0]).items()}


def license_counts(query: ExportQuery) -> dict[str, int]:
    """Return the number of exported rows by licence."""
    sql = f'SELECT license, count(*) AS count FROM ({query.sql}) AS exported GROUP BY 1 ORDER BY license COLLATE "C"'
    return {row["license"]: row["count"] for row in map(orjson.loads, json_rows(sql, query.parameters))}
