"""Write a file so that it is there whole or not at all."""

from collections.abc import Iterable
from pathlib import Path
from uuid import uuid4

from corpus.errors import Refused


def write_whole(blocks: Iterable[bytes], path: Path) -> None:
    """
    Write blocks to a file, which gets its name once it is whole; into what is no file, such as a pipe, at once.

    A link leads to the file that is written, and stays.

    :raises Refused: if it cannot be written; a half-written file is removed
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            write(blocks, path)
        else:
            write_aside(blocks, path.resolve())
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}.") from error


def write_aside(blocks: Iterable[bytes], path: Path) -> None:
    """
    Write a file under another name beside it, then give it its own.

    :raises OSError: if it cannot be written
    """
    # Of this process alone: two that write the same file at once would write into one another's.
    half_written = path.with_name(f".{path.name[:40]}.{uuid4().hex}.part")
    try:
        write(blocks, half_written)
        half_written.replace(path)
    finally:
        half_written.unlink(missing_ok=True)


def write(blocks: Iterable[bytes], path: Path) -> None:
    """
    Write blocks to a path.

    :raises OSError: if it cannot be written
    """
    with path.open("wb") as file:
        file.writelines(blocks)
