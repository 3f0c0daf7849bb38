"""Where the files for consumers come from: the decided items as they are now, or a stored release."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import orjson

from corpus.errors import Refused
from releases import exporting, tables
from releases.card_header import card_header, table_of
from releases.dataset_card import plain
from releases.downloads import file_of
from releases.exporting import ExportQuery
from releases.models import Release
from releases.row_keys import KEYS
from releases.spec import PREFIX, SPLITS

Row = dict[str, Any]
"A row of the dataset with the keys of Parquet; the `message` of a turn is an object."
LIVE = "live"
"The version of what is no release."
WHOLE = "data"
"The one part of what has no splits."
BLOCK = 2**18


class Source(Protocol):
    """Decided items in parts: the splits of a release, or one."""

    @property
    def version(self) -> str:
        """The version of the release, or LIVE."""
        ...

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the parts."""
        ...

    def rows(self, part: str, /) -> Iterator[Row]:
        """Yield the rows of a part, in byte order of `item`."""
        ...

    def opinions(self) -> Iterator[Row]:
        """Yield the current opinions, with the columns of votes.parquet."""
        ...

    def parquet(self, part: str, /) -> Iterator[bytes]:
        """Yield the Parquet file of a part."""
        ...

    def votes(self) -> Iterator[bytes]:
        """Yield the Parquet file of the opinions."""
        ...

    def card(self, folder: Path, /) -> str:
        """Return the dataset card of Parquet files in a folder."""
        ...


@dataclass(frozen=True)
class LiveSource:
    """The decided items of a project as they are now. Use it in one repeatable-read transaction."""

    query: ExportQuery
    version: str = LIVE
    parts: tuple[str, ...] = (WHOLE,)

    def rows(self, _part: str) -> Iterator[Row]:
        """Yield all rows."""
        keys = (*KEYS, *self.query.extra_keys, *self.query.answers.names)
        for row in map(orjson.loads, self.query.json_lines(keys)):
            # PostgreSQL writes a share of none or all as a whole number.
            row["soft_label"] = {name: None if x is None else float(x) for name, x in row["soft_label"].items()}
            yield row

    def opinions(self) -> Iterator[Row]:
        """Yield the current opinions."""
        return map(orjson.loads, tables.opinion_lines(self.query))

    def parquet(self, _part: str) -> Iterator[bytes]:
        """Yield all rows as Parquet."""
        return exporting.stream_dataset(self.query, "parquet")

    def votes(self) -> Iterator[bytes]:
        """Yield the opinions as Parquet."""
        return tables.votes_parquet(self.query)

    def card(self, folder: Path) -> str:
        """Return a card that says that it is no release."""
        licenses, title = tables.license_counts(self.query), self.query.project.name
        rows = table_of(folder, "default", {"train": f"{WHOLE}.parquet"})
        found = [rows, table_of(folder, "votes", {"votes": "votes.parquet"})]
        manifest = {"title": title, "rows": sum(licenses.values()), "counts": {"license": licenses}}
        return (
            f"{card_header(manifest, [table for table in found if table.files])}\n\n# {plain(title)}\n\n"
            f"{manifest['rows']:,} dialogues, labelled for safety: those decided when they were exported. This is no "
            "release, so the next export may differ. `votes` has every opinion under pseudonyms.\n"
        )


@dataclass(frozen=True)
class StoredSource:
    """A release that has its splits in Parquet."""

    release: Release
    parts: tuple[str, ...] = SPLITS

    @property
    def version(self) -> str:
        """The version of the release."""
        return self.release.version

    def path(self, name: str) -> Path:
        """
        Return the path of a file of the release.

        :raises Refused: if it has none of that name, or it is damaged
        """
        if name not in self.release.hashes:
            raise Refused(
                f"Release {self.version} has no {name}: it was made before releases had their dialogues in Parquet. "
                "Make a new release, or leave the release out to export the dialogues as they are now."
            )
        return file_of(self.release, name)[0]

    def rows(self, part: str) -> Iterator[Row]:
        """Yield the rows of a split."""
        for row in parquet_rows(self.path(f"{part}.parquet")):
            yield row | {"turns": whole_turns(row["turns"])}

    def opinions(self) -> Iterator[Row]:
        """Yield the opinions."""
        return parquet_rows(self.path("votes.parquet"))

    def parquet(self, part: str) -> Iterator[bytes]:
        """Yield the Parquet file of a split."""
        return blocks_of(self.path(f"{part}.parquet"))

    def votes(self) -> Iterator[bytes]:
        """Yield votes.parquet."""
        return blocks_of(self.path("votes.parquet"))

    def card(self, _folder: Path) -> str:
        """Return the card of the release."""
        return self.path("README.md").read_text(encoding="utf-8")


def whole_turns(turns: list[Row]) -> list[Row]:
    """Return turns of Parquet with the message of each, if it has one, as an object; there it is JSON."""
    return [
        {"role": turn["role"], "text": turn["text"]}
        | ({"message": orjson.loads(turn["message"])} if turn.get("message") is not None else {})
        for turn in turns
    ]


def parquet_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a Parquet file, one row group in memory at a time."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as table:
        for at in range(table.num_row_groups):
            yield from table.read_row_group(at).to_pylist()


def blocks_of(path: Path) -> Iterator[bytes]:
    """Yield a file in blocks."""
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def answers_in(row: Row) -> Row:
    """Return the decided answers in a row by the keys of the questions."""
    return {name.removeprefix(PREFIX): value for name, value in row.items() if name.startswith(PREFIX)}
