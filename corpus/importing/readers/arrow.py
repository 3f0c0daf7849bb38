"""
Convert Arrow arrays to values of Python without loss, for every type that Parquet has.

pyarrow's own conversion fails on nanoseconds, unknown time zones and dates beyond the year 9999.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

UNITS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
"Nanoseconds in a unit of time."
EPOCH = datetime(1970, 1, 1)
DAY = 86_400 * UNITS["s"]


def values_of(array: Any) -> list[Any]:
    """
    Return the values of an array. Moments are in UTC; what Python's types cannot hold exactly is text.

    :raises UnicodeDecodeError: if a text is not UTF-8
    """
    from pyarrow import types

    kind = array.type
    if hasattr(kind, "storage_type"):
        values = values_of(array.storage)
        return [each and str(UUID(bytes=each)) for each in values] if kind.extension_name == "arrow.uuid" else values
    if types.is_dictionary(kind):
        choices = values_of(array.dictionary)
        return [None if at is None else choices[at] for at in array.indices.to_pylist()]
    if types.is_struct(kind):
        return objects(array)
    if types.is_map(kind):
        return maps(array)
    if types.is_nested(kind):
        return lists(array)
    if types.is_temporal(kind) and not types.is_interval(kind):
        return moments(array)
    return list(array.to_pylist())


def objects(array: Any) -> list[dict[str, Any] | None]:
    """Return the values of an array of structs."""
    names = [field.name for field in array.type]
    columns = [values_of(column) for column in array.flatten()]
    rows = zip(*columns, strict=True) if columns else ((),) * len(array)
    valid = array.is_valid().to_pylist()
    return [dict(zip(names, row, strict=True)) if is_valid else None for row, is_valid in zip(rows, valid, strict=True)]


def lists(array: Any) -> list[list[Any] | None]:
    """Return the values of an array of lists."""
    from pyarrow import compute

    inner, lengths, found, at = values_of(array.flatten()), compute.list_value_length(array).to_pylist(), [], 0
    for length in lengths:
        found.append(None if length is None else inner[at : at + length])
        at += length or 0
    return found


def maps(array: Any) -> list[dict[str, Any] | list[Any] | None]:
    """Return the values of an array of maps: objects, or lists of entries where an object would lose some."""
    keys, values, bounds = values_of(array.keys), values_of(array.items), array.offsets.to_pylist()
    valid = array.is_valid().to_pylist()
    return [
        as_object(list(zip(keys[begin:end], values[begin:end], strict=True))) if is_valid else None
        for begin, end, is_valid in zip(bounds[:-1], bounds[1:], valid, strict=True)
    ]


def as_object(entries: list[tuple[Any, Any]]) -> dict[str, Any] | list[Any]:
    """Return the entries of a map as an object; as a list if a key is no text, or is repeated."""
    names = {key for key, _ in entries if isinstance(key, str)}
    if len(names) == len(entries):
        return dict(entries)
    return [{"key": key, "value": value} for key, value in entries]


def moments(array: Any) -> list[Any]:
    """Return the values of an array of times, dates or durations."""
    import pyarrow as pa
    from pyarrow import types

    convert: Callable[[int], Any]
    kind = array.type
    storage = pa.int32() if kind.bit_width == 32 else pa.int64()
    if types.is_date(kind):
        convert, scale = day, DAY if types.is_date32(kind) else UNITS["ms"]
    elif types.is_timestamp(kind):
        convert, scale = aware if kind.tz else naive, UNITS[kind.unit]
    else:
        convert, scale = time_of_day if types.is_time(kind) else duration, UNITS[kind.unit]
    return [None if each is None else convert(each * scale) for each in array.view(storage).to_pylist()]


def day(nanoseconds: int) -> date | str:
    """Return the date of a time since 1970; text if Python has no such date."""
    found = naive(nanoseconds)
    return found.date() if isinstance(found, datetime) else found


def naive(nanoseconds: int) -> datetime | str:
    """Return the moment of a time since 1970 without a zone; text if it has nanoseconds or no date in Python."""
    microseconds, rest = divmod(nanoseconds, 1_000)
    try:
        moment = EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return f"{nanoseconds} ns since 1970-01-01"
    return f"{moment.isoformat(timespec='microseconds')}{rest:03}" if rest else moment


def aware(nanoseconds: int) -> datetime | str:
    """Return the moment of a time since 1970 in UTC; text if it has nanoseconds or no date in Python."""
    found = naive(nanoseconds)
    return found.replace(tzinfo=UTC) if isinstance(found, datetime) else f"{found}+00:00"


def time_of_day(nanoseconds: int) -> str:
    """Return a time of day as text in ISO 8601."""
    found = naive(nanoseconds)
    return found[11:] if isinstance(found, str) else found.time().isoformat()


def duration(nanoseconds: int) -> str:
    """Return a duration as text in ISO 8601, in seconds: `PT90S`, `-PT0.000000001S`."""
    seconds, rest = divmod(abs(nanoseconds), UNITS["s"])
    fraction = f".{rest:09}".rstrip("0") if rest else ""
    return f"{'-' if nanoseconds < 0 else ''}PT{seconds}{fraction}S"
