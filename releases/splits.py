"""Make the splits of a release again, from its own files. Needs no database."""

import hashlib
import re
import string
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from corpus.similarity.words import text_key, words_of
from releases.parquet_rows import rows_of
from releases.spec import SPLITS

BLANKS = re.compile("[ \t\r\n]+")
LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
"ASCII letters alone, as the database does it."


def split_of(key: str, *, seed: int, shares: Mapping[str, float]) -> str:
    """
    Return the split of a prompt or a cluster, as `releases.exporting.SPLIT_SQL` does.

    :param key: the prompt without case and spacing, or the cluster in hexadecimal
    :param shares: of each split, 0 to 1
    """
    digest = hashlib.sha256(f"{seed}:{key}".encode()).hexdigest()
    point = int(digest[:13], 16) / 2**52
    train, validation, test = SPLITS
    if point < shares[train]:
        return train
    return validation if point < shares[train] + shares[validation] else test


def prompt_key(prompt: str) -> str:
    """Return a prompt without case and spacing."""
    return BLANKS.sub(" ", prompt).translate(LOWER)


def split_differences(folder: Path, manifest: Mapping[str, Any]) -> list[str]:
    """
    Return a line for each row that is in another split than follows from the manifest.

    Of a release by clusters also one for each prompt of the same words as one in another split. A release whose
    manifest does not say what it was split by is older than this.
    """
    if "split_by" not in manifest:
        return []
    if manifest["split_by"] == "prompt":
        keyed = ((row["id"], prompt_key(row["prompt"]), split) for row, split in rows_in_splits(folder))
        return list(wrong_splits(keyed, manifest))
    rows = (row for row in rows_of(folder / "decisions.parquet") if row["split"])
    keyed = ((row["item"], row["cluster"], row["split"]) for row in rows)
    return [*wrong_splits(keyed, manifest), *words_in_two_splits(folder)]


def rows_in_splits(folder: Path) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield each row of the dataset with its split."""
    for split in SPLITS:
        for row in orjson.loads((folder / f"{split}.json").read_bytes()):
            yield row, split


def wrong_splits(keyed: Iterator[tuple[str, str, str]], manifest: Mapping[str, Any]) -> Iterator[str]:
    """
    Yield a line for each row that is not in its split.

    :param keyed: (id, key, split) of each row
    """
    for name, key, split in keyed:
        expected = split_of(key, seed=manifest["seed"], shares=manifest["splits"])
        if split != expected:
            yield f"{name}: it is in {split}, and by its {manifest['split_by']} belongs in {expected}"


def words_in_two_splits(folder: Path) -> Iterator[str]:
    """Yield a line for each row whose prompt has the words of one in another split."""
    first: dict[bytes, str] = {}
    for row, split in rows_in_splits(folder):
        if (other := first.setdefault(text_key(words_of(row["prompt"])), split)) != split:
            yield f"{row['id']}: its prompt is in {split} and, in the same words, in {other}"
