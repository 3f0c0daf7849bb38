"""The files of a backup, written with their hashes and checked against the manifest."""

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from corpus.errors import Refused

MANIFEST, MANIFEST_HASH, DUMP = "manifest.json", "manifest.sha256", "database.dump"
FORMAT = 1
BLOCK = 2**20
"Bytes read at a time."


def blocks_of(path: Path) -> Iterator[bytes]:
    """Yield a file in blocks."""
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def write_part(folder: Path, name: str, content: Iterable[bytes]) -> dict[str, Any]:
    """Write a file block by block, and return its size and SHA-256 for the manifest."""
    path, digest, size = folder / name, hashlib.sha256(), 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for block in content:
            digest.update(block)
            size += file.write(block)
    return {"bytes": size, "sha256": digest.hexdigest()}


def write_manifest(write: Callable[[str, Iterable[bytes]], dict[str, Any]], manifest: dict[str, Any]) -> None:
    """Write the manifest, and its hash in the format of `sha256sum`."""
    content = orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    part = write(MANIFEST, [content])
    write(MANIFEST_HASH, [f"{part['sha256']}  {MANIFEST}\n".encode()])


def read_verified(folder: Path) -> dict[str, Any]:
    """
    Return the manifest of a backup after checking the hash of every file.

    :raises Refused: if a file is missing or damaged; the message names the first one
    """
    try:
        content = (folder / MANIFEST).read_bytes()
        recorded = (folder / MANIFEST_HASH).read_text().split()[0]
    except (OSError, UnicodeDecodeError, IndexError) as error:
        raise Refused(
            f"There is no complete backup in {folder}: {MANIFEST} or {MANIFEST_HASH} cannot be read."
        ) from error
    if hashlib.sha256(content).hexdigest() != recorded:
        raise damaged_backup(folder, MANIFEST)
    manifest: dict[str, Any] = orjson.loads(content)
    if manifest["format"] != FORMAT:
        raise Refused(
            f"{folder} is a backup in another format ({manifest['format']}). Restore it with its own version."
        )
    for name, part in manifest["parts"].items():
        if ".." in Path(name).parts or size_and_hash(folder / name) != part:
            raise damaged_backup(folder, name)
    return manifest


def size_and_hash(path: Path) -> dict[str, Any] | None:
    """Return the size and SHA-256 of a file, or None if it cannot be read."""
    digest, size = hashlib.sha256(), 0
    try:
        for block in blocks_of(path):
            digest.update(block)
            size += len(block)
    except OSError:
        return None
    return {"bytes": size, "sha256": digest.hexdigest()}


def damaged_backup(folder: Path, name: str) -> Refused:
    """Return the refusal of a backup with a damaged file."""
    return Refused(f"The backup in {folder} is damaged: {name} is not what was written. Nothing was changed.")


@contextmanager
def temporary_folder(path: Path) -> Iterator[Path]:
    """
    Create a folder for the length of the block; the block may rename it to keep it.

    :raises Refused: if the disk is full, or the folder cannot be written
    """
    try:
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(mode=0o700, parents=True)
        yield path
    except OSError as error:
        raise Refused(f"{path.parent} cannot be written: {error.strerror or error}. Nothing was kept.") from error
    finally:
        shutil.rmtree(path, ignore_errors=True)
