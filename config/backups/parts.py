"""The files of a backup, and whether they are what its manifest says."""

import hashlib
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from corpus.errors import Refused

MANIFEST, SEAL, DUMP = "manifest.json", "manifest.sha256", "database.dump"
FORMAT = 1
PIECE = 2**20


def pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def write_part(folder: Path, name: str, content: Iterable[bytes]) -> dict[str, Any]:
    """Write a file as its content comes, and give its line of the manifest."""
    path, digest, size = folder / name, hashlib.sha256(), 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for piece in content:
            digest.update(piece)
            size += file.write(piece)
    return {"bytes": size, "sha256": digest.hexdigest()}


def seal(folder: Path, manifest: dict[str, Any]) -> None:
    content = orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    told = write_part(folder, MANIFEST, [content])
    write_part(folder, SEAL, [f"{told['sha256']}  {MANIFEST}\n".encode()])


def read_whole(folder: Path) -> dict[str, Any]:
    """
    Return the manifest of a backup whose every byte is as it was written.

    :raises Refused: naming the first file that is not
    """
    try:
        content = (folder / MANIFEST).read_bytes()
        sealed = (folder / SEAL).read_text().split()[0]
    except (OSError, UnicodeDecodeError, IndexError) as error:
        raise Refused(f"There is no whole backup in {folder}: {MANIFEST} or {SEAL} cannot be read.") from error
    if hashlib.sha256(content).hexdigest() != sealed:
        raise damaged(folder, MANIFEST)
    manifest: dict[str, Any] = orjson.loads(content)
    if manifest["format"] != FORMAT:
        raise Refused(f"{folder} is a backup in another form ({manifest['format']}). Restore it with its own version.")
    for name, part in manifest["parts"].items():
        if ".." in Path(name).parts or told_of(folder / name) != part:
            raise damaged(folder, name)
    return manifest


def told_of(path: Path) -> dict[str, Any] | None:
    digest, size = hashlib.sha256(), 0
    try:
        for piece in pieces(path):
            digest.update(piece)
            size += len(piece)
    except OSError:
        return None
    return {"bytes": size, "sha256": digest.hexdigest()}


def damaged(folder: Path, name: str) -> Refused:
    return Refused(f"The backup in {folder} is damaged: {name} is not what was written. Nothing was changed.")


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """
    Return a folder to write in, gone if the block fails.

    :raises Refused: if there is no room, or it cannot be written
    """
    try:
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(mode=0o700, parents=True)
        yield path
    except OSError as error:
        raise Refused(f"{path.parent} cannot be written: {error.strerror or error}. Nothing was kept.") from error
    finally:
        shutil.rmtree(path, ignore_errors=True)
