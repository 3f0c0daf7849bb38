"""Hugging Face `datasets`: Parquet splits, the votes as a second configuration, and the card that names both."""

from collections.abc import Iterator
from pathlib import Path

from releases.consumers.source import Source
from releases.consumers.target import Target


def files(source: Source, target: Target) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield the Parquet files and README.md."""
    for part in source.parts:
        yield f"{part}.parquet", source.parquet(part)
    yield "votes.parquet", source.votes()
    target.rows = sum(rows_in(target.folder / f"{part}.parquet") for part in source.parts)
    yield "README.md", iter([source.card(target.folder).encode()])


def rows_in(path: Path) -> int:
    """Return the number of rows of a Parquet file."""
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)
