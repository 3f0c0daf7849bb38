"""
The dataset as a stream of bytes, in each format, from one snapshot, with flat memory.

Every row is made in SQL and leaves through COPY; Python only frames it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import RawIOBase
from typing import Any

import orjson
from django.db import connection

from adjudication import queries
from corpus.models import Category, Project

FORMATS = ("json", "jsonl", "csv", "parquet")
KEYS = (
    "id",
    "reconstruction_id_if_redacted",
    "prompt",
    "response",
    "prompt_label",
    "response_label",
    "violated_categories",
    "prompt_label_source",
    "response_label_source",
)
TEXTS = ("id", "prompt", "response", "violated_categories")
"Of the nine, those that come from elsewhere."
# A spreadsheet runs a cell that begins so as a formula; after an apostrophe it shows it (OWASP, CSV injection).
GUARDED = "CASE WHEN {0} ~ E'^[-=+@\\t\\r\\n＝＋－＠]' THEN E'\\'' || {0} ELSE {0} END"
MORE_KEYS = ("turns", "source", "license")
"Besides the nine, where the form has room for them."

ROWS = """
SELECT coalesce(i.refusal_of, i.external_id) AS id,
    i.reconstruction_id AS reconstruction_id_if_redacted,
    {prompt} AS prompt, {response} AS response,
    d.prompt_label, d.response_label,
    CASE WHEN d.categories = '{{}}' THEN '' ELSE array_to_string(ARRAY(
        SELECT coalesce(%(names)s::jsonb ->> slug, slug) FROM unnest(d.categories) WITH ORDINALITY AS c (slug, place)
        ORDER BY place), ', ') END AS violated_categories,
    d.prompt_source AS prompt_label_source, d.response_source AS response_label_source,
    CASE WHEN i.reconstruction_id IS NULL THEN i.turns ELSE '[{{"role": "user", "text": "REDACTED"}}]'::jsonb
        || CASE WHEN i.has_response THEN jsonb_build_array(i.turns -> -1) ELSE '[]'::jsonb END END AS turns,
    i.source, i.license, i.external_id AS sort_key, {split} AS split
FROM corpus_item i JOIN adjudication_decision d ON d.item_id = i.id AND d.policy = %(policy)s
WHERE i.project_id = %(project)s AND i.withdrawn_at IS NULL AND d.status IN ('decided', 'settled')
    AND (%(licenses)s::text[] IS NULL OR i.license = ANY(%(licenses)s))
"""
# Alone where the user's turn is all there is before the response, else every turn of it.
WHOLE_PROMPT = """
    CASE WHEN i.reconstruction_id IS NOT NULL THEN 'REDACTED'
        WHEN jsonb_array_length(i.turns) = 1 + i.has_response::int THEN i.turns -> 0 ->> 'text'
        ELSE (SELECT string_agg(turn ->> 'role' || ': ' || (turn ->> 'text'), E'\\n\\n' ORDER BY place)
            FROM jsonb_array_elements(i.turns) WITH ORDINALITY AS t (turn, place)
            WHERE place <= jsonb_array_length(i.turns) - i.has_response::int) END"""
WHOLE_RESPONSE = "CASE WHEN i.has_response THEN i.turns -> -1 ->> 'text' END"
FIRST_PROMPT = """
    CASE WHEN i.reconstruction_id IS NOT NULL THEN 'REDACTED'
        ELSE jsonb_path_query_first(i.turns, '$[*] ? (@.role == "user")') ->> 'text' END"""
FIRST_RESPONSE = """
    CASE WHEN i.has_response
        THEN jsonb_path_query_first(i.turns, '$[*] ? (@.role == "assistant")') ->> 'text' END"""

# A place between 0 and 1 that depends on the seed and the prompt alone: the same prompt is
# always in the same split, in this release and in later ones. Case and spacing do not count.
SPLIT = r"""
    CASE WHEN %(splits)s::float8[] IS NULL THEN NULL ELSE (
        SELECT CASE WHEN place < (%(splits)s::float8[])[1] THEN 'train'
            WHEN place < (%(splits)s::float8[])[1] + (%(splits)s::float8[])[2] THEN 'validation' ELSE 'test' END
        FROM (SELECT ('x' || left(encode(sha256(convert_to(%(seed)s || ':' || lower(regexp_replace(
            {prompt}, '[ \t\r\n]+', ' ', 'g') COLLATE "C"), 'UTF8')), 'hex'), 13))::bit(52)::bigint / 2::float8 ^ 52
            AS place) AS hashed) END"""


@dataclass(frozen=True)
class Selection:
    """Which rows of a project leave, and in which shape."""

    project: Project
    policy: str
    truncate: bool = False
    "The published form: first user turn and first assistant turn only."
    licenses: tuple[str, ...] | None = None
    "Only items under one of these."
    splits: tuple[float, float, float] | None = None
    "Shares of train, validation and test."
    seed: int = 0
    raw: bool = False
    "CSV cells as they are, also those that a spreadsheet would take for formulas."
    names: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        slugs = Category.objects.filter(taxonomy_id=self.project.taxonomy_id).values_list("slug", "name")
        object.__setattr__(self, "names", dict(slugs))

    @property
    def sql(self) -> str:
        prompt = FIRST_PROMPT if self.truncate else WHOLE_PROMPT
        response = FIRST_RESPONSE if self.truncate else WHOLE_RESPONSE
        return ROWS.format(prompt=prompt, response=response, split=SPLIT.format(prompt=prompt))

    @property
    def parameters(self) -> dict[str, Any]:
        return {
            "project": self.project.pk,
            "policy": self.policy,
            "names": orjson.dumps(self.names).decode(),
            "licenses": None if self.licenses is None else list(self.licenses),
            "splits": None if self.splits is None else list(self.splits),
            "seed": str(self.seed),
        }

    def rows_sql(self, columns: Iterable[str], *, split: str | None = None) -> str:
        """Return the query for these columns of the rows (of one split), by id in byte order."""
        where = f"WHERE split = '{split}'" if split else ""
        return f"SELECT {', '.join(columns)} FROM ({self.sql}) AS every {where} ORDER BY sort_key"

    def count(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM ({self.sql}) AS every", self.parameters)
            return int(cursor.fetchone()[0])

    def lines(self, columns: Iterable[str], *, split: str | None = None) -> Iterator[bytes]:
        rows = self.rows_sql(columns, split=split)
        return queries.json_lines(f"SELECT row_to_json(line)::text FROM ({rows}) AS line", self.parameters)


def stream(selection: Selection, form: str, *, split: str | None = None) -> Iterator[bytes]:
    """
    Return the dataset in one of FORMATS, block by block.

    Call it inside a transaction to read several streams from the same snapshot.
    """
    if form == "json":
        return as_array(selection.lines(KEYS, split=split))
    if form == "jsonl":
        return selection.lines((*KEYS, *MORE_KEYS), split=split)
    if form == "csv":
        return csv_blocks(selection, split=split)
    return as_parquet(selection.lines((*KEYS, *MORE_KEYS), split=split), dataset_schema())


def as_array(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Frame JSON lines as one array, a row a line."""
    opening = b"[\n"
    for line in lines:
        yield opening + line[:-1]
        opening = b",\n"
    yield b"[]\n" if opening == b"[\n" else b"\n]\n"


def guarded(column: str) -> str:
    return f"{GUARDED.format(column)} AS {column}" if column in TEXTS else column


def csv_blocks(selection: Selection, *, split: str | None) -> Iterator[bytes]:
    columns = KEYS if selection.raw else [guarded(key) for key in KEYS]
    statement = f"COPY ({selection.rows_sql(columns, split=split)}) TO STDOUT WITH (FORMAT csv, HEADER)"
    with connection.cursor() as cursor, cursor.copy(statement, selection.parameters) as copy:
        for block in copy:
            yield bytes(block)


def dataset_schema() -> Any:
    import pyarrow as pa

    types = dict.fromkeys(KEYS, pa.string()) | {"reconstruction_id_if_redacted": pa.int64()}
    turn = pa.struct([("role", pa.string()), ("text", pa.string())])
    return pa.schema([*types.items(), ("turns", pa.list_(turn)), ("source", pa.string()), ("license", pa.string())])


PARQUET_ROWS, PARQUET_BYTES = 2_000, 2**19


def as_parquet(lines: Iterable[bytes], schema: Any) -> Iterator[bytes]:
    """Turn JSON lines into a Parquet file, a row group at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    outlet = DrainableBuffer()
    with pq.ParquetWriter(outlet, schema, compression="zstd") as writer:
        for batch in row_groups(lines):
            writer.write_batch(pa.RecordBatch.from_pylist([orjson.loads(line) for line in batch], schema=schema))
            yield outlet.drain()
    yield outlet.drain()


def row_groups(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Divide lines by number and by size, as a group is in memory at once, several times over."""
    group: list[bytes] = []
    size = 0
    for line in lines:
        if group and (len(group) == PARQUET_ROWS or size + len(line) > PARQUET_BYTES):
            yield group
            group, size = [], 0
        group.append(line)
        size += len(line)
    if group:
        yield group


class DrainableBuffer(RawIOBase):
    """A file that forgets what has been taken from it, but not how far it has come."""

    def __init__(self) -> None:
        self.waiting: list[bytes] = []
        self.position = 0

    def writable(self) -> bool:
        return True

    def write(self, block: Any) -> int:
        self.waiting.append(bytes(block))
        self.position += len(self.waiting[-1])
        return len(self.waiting[-1])

    def tell(self) -> int:
        return self.position

    def drain(self) -> bytes:
        taken, self.waiting = b"".join(self.waiting), []
        return taken
