"""Read Parquet, one batch of records at a time."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from corpus.importing.limits import Limits
from corpus.importing.readers.packing import unpacks_to_too_much
from corpus.importing.readers.row import CHUNK, Columns, Row, Unreadable, check_columns

PARQUET_ROWS = 1_000
THRIFT_BYTES, THRIFT_ITEMS = 64 * 2**20, 1_000_000
"Limits on one text and one list in the header of a Parquet file, which states their lengths itself."


def parquet_rows(content: IO[bytes], path: Path, limits: Limits, columns: Columns) -> Iterator[Row]:
    """
    Yield the records of a Parquet file.

    :raises Unreadable: if the file is not valid Parquet, lacks a column, or unpacks to too much
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        file = pq.ParquetFile(
            content,
            buffer_size=CHUNK,  # read a row group in parts, however large it is
            thrift_string_size_limit=THRIFT_BYTES,
            thrift_container_size_limit=THRIFT_ITEMS,
        )
        header = file.metadata
        if sum(header.row_group(at).total_byte_size for at in range(header.num_row_groups)) > limits.unpacked_bytes:
            raise unpacks_to_too_much(path, limits.unpacked_bytes)
        check_columns(file.schema_arrow.names, path, columns)
        for batch in file.iter_batches(batch_size=PARQUET_ROWS):
            for row in parquet_batch(batch, number):
                number += 1
                yield row
    except (pa.ArrowException, OSError, MemoryError, OverflowError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise Unreadable(f"{path} cannot be read beyond record {number}: {reason}.") from error


def parquet_batch(batch: Any, before: int) -> Iterator[Row]:
    """
    Yield the records of one batch.

    :param before: how many records came before it
    """
    try:
        yield from (Row(before + at, value) for at, value in enumerate(batch.to_pylist(), start=1))
    except UnicodeDecodeError:
        # Some text in the batch is not UTF-8: convert the records one by one to find which.
        for at in range(batch.num_rows):
            try:
                yield Row(before + at + 1, batch.slice(at, 1).to_pylist()[0])
            except UnicodeDecodeError as error:
                yield Row(before + at + 1, problem=f"not valid UTF-8: {error.reason}")
