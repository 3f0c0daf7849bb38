"""Split a stream into lists of bounded length."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

BATCH = 1_000
T = TypeVar("T")


def batched(rows: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """Yield the rows in lists of `size`; the last may be shorter."""
    source = iter(rows)
    while batch := list(islice(source, size)):
        yield batch
