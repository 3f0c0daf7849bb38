"""Write rows as Parquet, with constant memory."""

from collections.abc import Iterable, Iterator, Sequence
from io import RawIOBase
from typing import Any

import orjson

from corpus.turns import message_of
from releases.agreement_columns import agreement_types
from releases.answer_columns import NO_ANSWERS, AnswerColumns, arrow_type
from releases.row_keys import KEYS

PARQUET_ROWS, PARQUET_BYTES = 2_000, 2**19
"The most rows, and bytes of JSON, in a row group."


def dataset_schema(
    answers: AnswerColumns = NO_ANSWERS, crosswalks: Sequence[str] = (), *, with_messages: bool = False
) -> Any:
    """
    Return the Arrow schema of the rows.

    :param crosswalks: names of other taxonomies, each a column of codes
    :param with_messages: whether turns have a `message`, as JSON
    """
    import pyarrow as pa

    types = dict.fromkeys(KEYS, pa.string()) | {"reconstruction_id_if_redacted": pa.int64()}
    members = ("role", "text", "message") if with_messages else ("role", "text")
    turn = pa.struct([(member, pa.string()) for member in members])
    more = [(name, pa.string()) for name in ("source", "license", "item")]
    codes = [(name, pa.string()) for name in crosswalks]
    columns = [*types.items(), ("turns", pa.list_(turn)), *more, *agreement_types(), *codes]
    return pa.schema([*columns, *zip(answers.names, map(arrow_type, answers.questions), strict=True)])


def parquet_blocks(lines: Iterable[bytes], schema: Any) -> Iterator[bytes]:
    """
    Yield JSON lines as a Parquet file, one row group at a time.

    :param schema: the Arrow schema of the rows
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = DrainableBuffer()
    with pq.ParquetWriter(buffer, schema, compression="zstd") as writer:
        for batch in row_groups(lines):
            writer.write_batch(pa.RecordBatch.from_pylist([as_record(line) for line in batch], schema=schema))
            yield buffer.drain()
    yield buffer.drain()


def as_record(line: bytes) -> dict[str, Any]:
    """Return a line of JSON as a record of Parquet, in which the `message` of a turn is JSON: it has no one schema."""
    record: dict[str, Any] = orjson.loads(line)
    for turn in record.get("turns") or ():
        if "message" in turn:
            message = message_of(turn)
            del message["role"]
            turn["message"] = orjson.dumps(message).decode()
    return record


def row_groups(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yield lines in groups limited by number and by bytes, because several copies of a group are in memory at once."""
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
    """A write-only file object for ParquetWriter, whose content can be taken out as it is written."""

    def __init__(self) -> None:
        self.waiting: list[bytes] = []
        self.position = 0

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, block: Any) -> int:
        """Append a block, and return its length."""
        self.waiting.append(bytes(block))
        self.position += len(self.waiting[-1])
        return len(self.waiting[-1])

    def tell(self) -> int:
        """Return how many bytes were written so far."""
        return self.position

    def drain(self) -> bytes:
        """Return and drop what was written since the last call."""
        content, self.waiting = b"".join(self.waiting), []
        return content
