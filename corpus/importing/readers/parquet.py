"""Read Parquet, one batch of records at a time."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from corpus.importing.limits import Limits
from corpus.importing.readers.packing import too_much
from corpus.importing.readers.row import CHUNK, Columns, Row, Unreadable, check_columns

PARQUET_ROWS = 1_000
THRIFT_BYTES, THRIFT_ITEMS = 64 * 2**20, 1_000_000
"Of one text and one list in the header of a Parquet file, which says itself how long they are."


def parquet_rows(content: IO[bytes], path: Path, limits: Limits, columns: Columns) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        file = pq.ParquetFile(
            content,
            buffer_size=CHUNK,  # read a row group as it is needed, however large it is
            thrift_string_size_limit=THRIFT_BYTES,
            thrift_container_size_limit=THRIFT_ITEMS,
        )
        header = file.metadata
        if sum(header.row_group(at).total_byte_size for at in range(header.num_row_groups)) > limits.unpacked_bytes:
            raise too_much(path, limits.unpacked_bytes)
        check_columns(file.schema_arrow.names, path, columns)
        for batch in file.iter_batches(batch_size=PARQUET_ROWS):
            for row in parquet_batch(batch, number):
                number += 1
                yield row
    except (pa.ArrowException, OSError, MemoryError, OverflowError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise Unreadable(f"{path} cannot be read beyond record {number}: {reason}.") from error


def parquet_batch(batch: Any, before: int) -> Iterator[Row]:
    try:
        yield from (Row(before + at, value) for at, value in enumerate(batch.to_pylist(), start=1))
    except UnicodeDecodeError:
        # Somewhere in the batch is text that is not UTF-8: find the records one by one.
        for at in range(batch.num_rows):
            try:
                yield Row(before + at + 1, batch.slice(at, 1).to_pylist()[0])
            except UnicodeDecodeError as error:
                yield Row(before + at + 1, problem=f"not valid UTF-8: {error.reason}")
