"""
Export the dataset as a stream of bytes in JSON, JSON lines, CSV or Parquet, with constant memory.

SQL builds every row, and COPY streams it; Python adds only what the format puts around the rows. The rows have the
columns of the published AEGIS 2.0 files (https://huggingface.co/datasets/nvidia/Aegis-AI-Content-Safety-Dataset-2.0).
"""

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import connection

from adjudication import queries
from adjudication.actions.certificates import with_thresholds
from adjudication.counting import decisions_sql
from adjudication.policies import policy_of
from corpus.labels import FIELDS
from corpus.models import Category, Project
from corpus.snapshot import closed_with_snapshot, copied_out
from corpus.taxonomy_versions import counts_as
from releases.agreement_columns import AGREEMENT_KEYS, agreement_sql
from releases.answer_columns import AnswerColumns, answer_columns
from releases.lines import on_one_line
from releases.parquet import dataset_schema, parquet_blocks
from releases.row_keys import KEYS, PARTS

FORMATS = ("json", "jsonl", "csv", "parquet")
TEXT_KEYS = (
    *("id", *PARTS, "violated_categories"),
    *(field.source_key for field in FIELDS),  # of an imported refusal, as its file has them
)
"The keys whose text was written by users and may look like a formula."
# A spreadsheet runs a cell as a formula if it begins with one of these characters, but not if an apostrophe precedes
# it (https://owasp.org/www-community/attacks/CSV_Injection).
ESCAPED_CELL = "CASE WHEN {0} ~ E'^[-=+@\\t\\r\\n＝＋－＠]' THEN E'\\'' || {0} ELSE {0} END"
EXTRA_KEYS = ("turns", "source", "license", "item", *AGREEMENT_KEYS)
"""
Further keys in JSON lines and Parquet, before crosswalks and answers.

JSON and CSV have the published columns only, and CSV those of answers. `item` is the id in tables of opinions, which a
refusal row does not share with its original.
"""
OPINION_FORMATS = ("jsonl", "parquet")
"The formats that say how many opinions say what."
BOM = "\ufeff".encode()
"What spreadsheets need before a CSV file to read it as UTF-8."
HAS_MESSAGES = """
    SELECT EXISTS (SELECT FROM corpus_item WHERE project_id = %(project)s AND turns @? '$[*].message')
"""

ROWS_SQL = """
SELECT coalesce(i.refusal_of, i.external_id) AS id,
    i.reconstruction_id AS reconstruction_id_if_redacted,
    {prompt} AS prompt, {response} AS response,
    {labels},
    CASE WHEN d.categories = '{{}}' THEN '' ELSE array_to_string(ARRAY(
        SELECT coalesce(%(names)s::jsonb ->> slug, slug) FROM unnest(d.categories) WITH ORDINALITY AS c (slug, position)
        ORDER BY position), ', ') END AS violated_categories,
    {sources},
    CASE WHEN i.reconstruction_id IS NULL THEN i.turns ELSE '[{{"role": "user", "text": "REDACTED"}}]'::jsonb
        || CASE WHEN i.has_response THEN jsonb_build_array(i.turns -> -1) ELSE '[]'::jsonb END END AS turns,
    i.source, i.license, i.external_id AS item, {agreement}, {crosswalks}i.external_id AS sort_key,
    {split} AS split{answers}
FROM corpus_item i JOIN ({decisions}) AS d ON d.item_id = i.id {cluster_join} {answer_joins}
WHERE i.project_id = %(project)s AND i.withdrawn_at IS NULL AND d.status IN ('decided', 'settled')
    AND (%(licenses)s::text[] IS NULL OR i.license = ANY(%(licenses)s))
"""
# The codes of the categories in another taxonomy, each once, in the order of the categories; null if none has one.
CROSSWALK = """
    CASE WHEN d.categories = '{{}}' THEN '' ELSE (SELECT string_agg(code, ', ' ORDER BY place) FROM (
        SELECT code, min(position * 1000 + part) AS place
        FROM unnest(d.categories) WITH ORDINALITY AS c (slug, position),
            LATERAL unnest(string_to_array(%(crosswalks)s::jsonb -> '{name}' ->> slug, ', '))
                WITH ORDINALITY AS codes (code, part) GROUP BY code) AS codes) END AS "{name}",
    """
STORED_DECISIONS = "SELECT * FROM adjudication_decision WHERE policy = %(policy)s"
# The text of the user's turn if it is the only one before the response, else every such turn as `role: text`.
WHOLE_PROMPT = """
    CASE WHEN i.reconstruction_id IS NOT NULL THEN 'REDACTED'
        WHEN jsonb_array_length(i.turns) = 1 + i.has_response::int THEN i.turns -> 0 ->> 'text'
        ELSE (SELECT string_agg(turn ->> 'role' || ': ' || (turn ->> 'text'), E'\\n\\n' ORDER BY position)
            FROM jsonb_array_elements(i.turns) WITH ORDINALITY AS t (turn, position)
            WHERE position <= jsonb_array_length(i.turns) - i.has_response::int) END"""
WHOLE_RESPONSE = "CASE WHEN i.has_response THEN i.turns -> -1 ->> 'text' END"
FIRST_PROMPT = """
    CASE WHEN i.reconstruction_id IS NOT NULL THEN 'REDACTED'
        ELSE jsonb_path_query_first(i.turns, '$[*] ? (@.role == "user")') ->> 'text' END"""
FIRST_RESPONSE = """
    CASE WHEN i.has_response
        THEN jsonb_path_query_first(i.turns, '$[*] ? (@.role == "assistant" && (!exists(@.message.tool_calls)
            || @.message.content.type() == "array" || @.message.content like_regex "[^ \\t\\r\\n]"))') ->> 'text' END"""

# The split depends on the seed and a key alone, so a prompt or a cluster is in the same split in every release. The
# first 52 bits of a SHA-256 of both make a number from 0 to 1; releases.splits.split_of does the same.
SPLIT_SQL = r"""
    CASE WHEN %(splits)s::float8[] IS NULL THEN NULL ELSE (
        SELECT CASE WHEN point < (%(splits)s::float8[])[1] THEN 'train'
            WHEN point < (%(splits)s::float8[])[1] + (%(splits)s::float8[])[2] THEN 'validation' ELSE 'test' END
        FROM (SELECT ('x' || left(encode(sha256(convert_to(%(seed)s || ':' || {key},
            'UTF8')), 'hex'), 13))::bit(52)::bigint / 2::float8 ^ 52
            AS point) AS hashed) END"""
# The prompt without case and spacing.
PROMPT_KEY = r"""lower(regexp_replace({prompt}, '[ \t\r\n]+', ' ', 'g') COLLATE "C")"""
CLUSTER_KEY = "encode(k.cluster, 'hex')"
CLUSTER_JOIN = "JOIN corpus_itemcluster k ON k.item_id = i.id"


@dataclass(frozen=True)
class ExportQuery:
    """Which rows of a project to export, and how; it builds the SQL and its parameters."""

    project: Project
    policy: str
    truncate: bool = False
    "Whether to export only the first user turn and the first assistant turn."
    licenses: tuple[str, ...] | None = None
    "Export only items under one of these licences; None for all."
    splits: tuple[float, float, float] | None = None
    "Shares of train, validation and test; None for rows without a split."
    seed: int = 0
    split_by: str = Project.SplitBy.PROMPT
    "What is never in two splits. By clusters, the project's search for near-duplicates must be current."
    raw: bool = False
    "Whether to leave CSV cells unescaped, although a spreadsheet may run some as formulas."
    bom: bool = False
    "Whether CSV begins with a byte order mark."
    counts_now: bool = False
    "Whether to count the opinions within the query, which stores nothing, instead of reading the stored decisions."
    names: dict[str, str] = field(init=False)
    "Category names by slug; read from the database when the query is made."
    answers: AnswerColumns = field(init=False)
    "The columns of the project's questions; likewise."

    crosswalks: dict[str, dict[str, str | None]] = field(init=False)
    "Codes in other taxonomies by the taxonomy's name and slug; read likewise."

    def __post_init__(self) -> None:
        rows = list(Category.objects.filter(taxonomy_id=self.project.taxonomy_id).values("slug", "name", "crosswalk"))
        known = sorted({name for row in rows for name in row["crosswalk"]})
        crosswalks = {name: {row["slug"]: row["crosswalk"].get(name) for row in rows} for name in known}
        # The dataclass is frozen.
        object.__setattr__(self, "names", {row["slug"]: row["name"] for row in rows})
        object.__setattr__(self, "crosswalks", crosswalks)
        answers = answer_columns(self.project, self.policy, counts_now=self.counts_now)
        object.__setattr__(self, "answers", answers)

    @property
    def extra_keys(self) -> tuple[str, ...]:
        """The keys that JSON lines and Parquet have besides the published ones."""
        return (*EXTRA_KEYS, *self.crosswalks)

    @property
    def sql(self) -> str:
        """The query for all rows, without an order."""
        prompt = FIRST_PROMPT if self.truncate else WHOLE_PROMPT
        response = FIRST_RESPONSE if self.truncate else WHOLE_RESPONSE
        return ROWS_SQL.format(
            prompt=prompt,
            response=response,
            labels=", ".join(f"d.{field}" for field in FIELDS),
            sources=", ".join(f"d.{field.column('source')} AS {field.source_key}" for field in FIELDS),
            agreement=agreement_sql(),
            split=SPLIT_SQL.format(key=CLUSTER_KEY if self.by_cluster else PROMPT_KEY.format(prompt=prompt)),
            cluster_join=CLUSTER_JOIN if self.by_cluster else "",
            crosswalks="".join(CROSSWALK.format(name=name) for name in self.crosswalks),
            decisions=self.decisions,
            answers=self.answers.select(),
            answer_joins=self.answers.joins,
        )

    @property
    def by_cluster(self) -> bool:
        """Whether rows of one cluster of near-duplicates are never in two splits."""
        return self.split_by == Project.SplitBy.CLUSTER

    @property
    def translates(self) -> bool:
        """Whether opinions may name categories that the taxonomy no longer has."""
        return bool(counts_as(self.project.taxonomy_id))

    @property
    def decisions(self) -> str:
        """The query for the decisions."""
        if not self.counts_now:
            return STORED_DECISIONS
        policy = with_thresholds(self.project, policy_of(self.project, self.policy))
        return decisions_sql(policy, self.project.fields, translates=self.translates)

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the query."""
        return {
            "project": self.project.pk,
            "policy": self.policy,
            "taxonomy": self.project.taxonomy_id,
            "names": orjson.dumps(self.names).decode(),
            "crosswalks": orjson.dumps(self.crosswalks).decode(),
            "licenses": None if self.licenses is None else list(self.licenses),
            "splits": None if self.splits is None else list(self.splits),
            "seed": str(self.seed),
            **self.answers.parameters,
        }

    def rows_sql(self, columns: Iterable[str], *, split: str | None = None) -> str:
        """Return the query for some columns of all rows, or of one split, in byte order of the ids."""
        where = f"WHERE split = '{split}'" if split else ""
        return f"SELECT {', '.join(columns)} FROM ({self.sql}) AS exported {where} ORDER BY sort_key"

    def count(self) -> int:
        """Return the number of rows."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM ({self.sql}) AS exported", self.parameters)
            return int(cursor.fetchone()[0])

    def has_messages(self) -> bool:
        """Return whether a turn of any item of the project has a `message`: one answer for all splits of a release."""
        with connection.cursor() as cursor:
            cursor.execute(HAS_MESSAGES, self.parameters)
            return bool(cursor.fetchone()[0])

    def json_lines(self, columns: Iterable[str], *, split: str | None = None) -> Iterator[bytes]:
        """Yield each row as a JSON object and a line feed."""
        rows = self.rows_sql(columns, split=split)
        return queries.json_lines(f"SELECT row_to_json(line)::text FROM ({rows}) AS line", self.parameters)


def stream_dataset(query: ExportQuery, file_format: str, *, split: str | None = None) -> Iterator[bytes]:
    """
    Yield the dataset in a format, block by block.

    Rows are read as the stream is consumed. Consume several streams in one repeatable-read transaction if they must
    agree with each other.

    :param file_format: one of FORMATS
    :param split: one of `releases.spec.SPLITS`; None for all rows
    """
    if file_format == "json":
        return json_array(query.json_lines(KEYS, split=split))
    if file_format == "jsonl":
        lines = query.json_lines((*KEYS, *query.extra_keys, *query.answers.object_names), split=split)
        return map(on_one_line, lines)
    if file_format == "csv":
        return csv_blocks(query, split=split)
    lines = query.json_lines((*KEYS, *query.extra_keys, *query.answers.names), split=split)
    crosswalks = tuple(query.crosswalks)
    return parquet_blocks(lines, dataset_schema(query.answers, crosswalks, with_messages=query.has_messages()))


def json_array(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield JSON lines as one JSON array, one row per line."""
    opening = b"[\n"
    for line in lines:
        yield opening + line[:-1]
        opening = b",\n"
    yield b"[]\n" if opening == b"[\n" else b"\n]\n"


def escape_formula(column: str) -> str:
    """Return the SQL for a column, with an apostrophe before any cell that a spreadsheet would run as a formula."""
    return f"{ESCAPED_CELL.format(column)} AS {column}" if column in TEXT_KEYS else column


def csv_columns(query: ExportQuery) -> list[str]:
    """Return the SQL for the columns of a CSV file; answers may be texts that look like formulas, too."""
    keys = KEYS if query.raw else [escape_formula(key) for key in KEYS]
    answer = "{0}" if query.raw else ESCAPED_CELL
    return [*keys, *(f"{answer.format(f'({cell})')} AS {name}" for name, cell in query.answers.csv_cells())]


@closed_with_snapshot
def csv_blocks(query: ExportQuery, *, split: str | None) -> Generator[bytes]:
    """Yield the rows as PostgreSQL's CSV with a header line (RFC 4180, with line feeds)."""
    if query.bom:
        yield BOM
    statement = f"COPY ({query.rows_sql(csv_columns(query), split=split)}) TO STDOUT WITH (FORMAT csv, HEADER)"
    with copied_out(statement, query.parameters) as copy:
        for block in copy:
            yield bytes(block)
