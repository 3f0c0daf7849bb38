"""Read Parquet, a few records at a time."""

from collections import Counter
from collections.abc import Iterator
from typing import IO, Any

from corpus.importing.limits import Limits
from corpus.importing.readers.arrow import values_of
from corpus.importing.readers.packing import unpacks_to_too_much
from corpus.importing.readers.row import CHUNK, Columns, Row, Unreadable, check_columns

MOST_ROWS = 1_000
BATCH_BYTES = 256 * 2**20
"About the most bytes that the values of one batch may take."
LIST_VALUES = 2**25
"Most values of lists in one row group: a single record may hold them all."
THRIFT_BYTES, THRIFT_ITEMS = 64 * 2**20, 1_000_000
"Limits on one text and one list in the header of a Parquet file, which states their lengths itself."
I32 = 0x15
"The head of a field of a page header whose number is one more than the last and whose value is a 32-bit integer."


def parquet_rows(content: IO[bytes], name: str, limits: Limits, columns: Columns) -> Iterator[Row]:
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
        check_header(file.metadata, name, limits)
        check_columns(file.schema_arrow.names, name, columns, limits)
        for field in file.schema_arrow:
            check_fields(field.type, name)
        size = 0
        for batch in file.iter_batches(batch_size=rows_at_once(file.metadata, content)):
            size += batch.nbytes
            if size > limits.unpacked_bytes:
                raise unpacks_to_too_much(name, limits.unpacked_bytes)
            for row in batch_rows(batch, number):
                number += 1
                row.size = batch.nbytes // batch.num_rows
                yield row
    except (pa.ArrowException, OSError, MemoryError, OverflowError, ValueError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise Unreadable(f"{name} cannot be read beyond record {number}: {reason}.") from error


def check_header(header: Any, name: str, limits: Limits) -> None:
    """
    Check what the header of a file says of its size.

    :raises Unreadable: if it has too many columns, or would unpack to too much
    """
    groups = [header.row_group(at) for at in range(header.num_row_groups)]
    if sum(group.total_byte_size for group in groups) > limits.unpacked_bytes:
        raise unpacks_to_too_much(name, limits.unpacked_bytes)
    if header.num_columns > limits.columns:
        raise Unreadable(
            f"{name} has {header.num_columns:,} columns, with those of structs; {limits.columns:,} are allowed."
        )
    for group in groups:
        longest = max((group.column(at).num_values for at in range(group.num_columns)), default=0)
        if longest > max(LIST_VALUES, group.num_rows):
            raise Unreadable(
                f"{name} has lists of {longest:,} values in one row group, {LIST_VALUES:,} are allowed. "
                "Write it with smaller row groups."
            )


def check_fields(kind: Any, name: str) -> None:
    """
    Check that no struct has two fields of one name, of which one would be lost.

    :raises Unreadable: if one has
    """
    inner = [kind.field(at) for at in range(kind.num_fields)]
    counts = Counter(field.name for field in inner)
    if repeated := sorted(field for field, count in counts.items() if count > 1):
        raise Unreadable(f"{name} has the field {', '.join(repeated)} twice in a struct.")
    for field in inner:
        check_fields(field.type, name)


def rows_at_once(header: Any, content: IO[bytes]) -> int:
    """
    Return how many records to read at a time, so that their values take `BATCH_BYTES` at most.

    A column may repeat one long value of its dictionary in every record, and a few bytes of a file state that.
    """
    most = 1
    for group in (header.row_group(at) for at in range(header.num_row_groups)):
        chunks = [group.column(at) for at in range(group.num_columns)]
        size = sum(longest_value(chunk, content) * chunk.num_values for chunk in chunks)
        most = max(most, size // max(group.num_rows, 1))
    return int(max(1, min(MOST_ROWS, BATCH_BYTES // most)))


def longest_value(chunk: Any, content: IO[bytes]) -> int:
    """Return how long a value in the dictionary of a column may be: the bytes of the whole dictionary; 0 without."""
    if not chunk.has_dictionary_page or not chunk.dictionary_page_offset:
        return 0
    content.seek(chunk.dictionary_page_offset)
    head = content.read(16)
    # The page's header has its kind first and its unpacked size second, both as numbers of variable length.
    size, at = 0, 0
    for _ in range(2):
        if at >= len(head) or head[at] != I32:
            return int(chunk.total_uncompressed_size)
        size, at = variable_number(head, at + 1)
    return size


def variable_number(head: bytes, at: int) -> tuple[int, int]:
    """Return a whole number in the zigzag form of Thrift, and the position after it."""
    number = shift = 0
    while at < len(head):
        number |= (head[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if head[at - 1] < 0x80:
            break
    return number >> 1, at


def batch_rows(batch: Any, before: int) -> Iterator[Row]:
    """
    Yield the records of one batch.

    :param before: how many records came before it
    """
    try:
        yield from (Row(before + at, value) for at, value in enumerate(as_objects(batch), start=1))
    except UnicodeDecodeError:
        # Some text in the batch is not UTF-8: convert the records one by one to find which.
        for at in range(batch.num_rows):
            try:
                yield Row(before + at + 1, as_objects(batch.slice(at, 1))[0])
            except UnicodeDecodeError as error:
                yield Row(before + at + 1, problem=f"not valid UTF-8: {error.reason}")


def as_objects(batch: Any) -> list[dict[str, Any]]:
    """Return the records of a batch as objects."""
    names, columns = batch.schema.names, [values_of(column) for column in batch.columns]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
