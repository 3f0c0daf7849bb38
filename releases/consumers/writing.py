"""Write the files for a consumer: to a folder, whole or not at all, or as one archive."""

import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO
from uuid import uuid4

from django.conf import settings

from corpus.errors import Refused
from corpus.models import Project
from releases.actions import remove_abandoned
from releases.consumers import CONSUMERS
from releases.consumers.source import Source
from releases.consumers.target import Target
from releases.writing import write_file

EARLIEST = (1980, 1, 1, 0, 0, 0)
"The time of every file in an archive, so that the same files make the same archive."


def folder_for(project: Project, consumer: str, version: str) -> Path:
    """Return the folder that is written to where none is named."""
    return Path(settings.ASSIZE_HOME) / "consumers" / project.slug / version / consumer


def export_for(consumer: str, source: Source, folder: Path) -> Target:
    """
    Write the files for a consumer to a new or empty folder; all of them or none.

    The same source gives the same bytes.

    :param consumer: one of CONSUMERS
    :raises Refused: if the folder is not empty or cannot be written, or there is nothing to write
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise Refused(f"{folder} is not empty. Choose another folder with --out.")
        with half_made(folder) as part:
            target = write_for(consumer, source, part)
            part.replace(folder)  # an empty folder of that name gives way
            return target
    except OSError as error:
        raise Refused(f"{folder} cannot be written: {error.strerror}. Nothing is left of it.") from error


@contextmanager
def half_made(folder: Path) -> Iterator[Path]:
    """Make a folder beside the one to come, and remove it if it was not renamed."""
    remove_abandoned(folder)
    part = folder.with_name(f".{folder.name}.{uuid4().hex}.part")
    part.mkdir(parents=True)
    try:
        yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)


def write_for(consumer: str, source: Source, folder: Path) -> Target:
    """
    Write the files for a consumer to a folder.

    :raises Refused: if no dialogue has a place in them
    """
    target = Target(folder)
    for name, blocks in CONSUMERS[consumer](source, target):
        target.files[name] = write_file(folder, name, blocks)["sha256"]
    if not target.rows:
        why = f"{target.left_out:,} dialogues {target.why}." if target.left_out else "No dialogue is decided."
        raise Refused(f"There is nothing to write for {consumer}. {why}")
    return target


def write_archive(consumer: str, source: Source, file: IO[bytes]) -> None:
    """
    Write the files for a consumer as a zip archive, by way of a temporary folder.

    :raises Refused: if no dialogue has a place in them
    """
    with TemporaryDirectory(prefix="assize-") as name:
        folder = Path(name)
        target = write_for(consumer, source, folder)
        with zipfile.ZipFile(file, "w") as archive:
            for each in target.files:
                entry = zipfile.ZipInfo(each, EARLIEST)
                entry.compress_type = zipfile.ZIP_DEFLATED
                with (folder / each).open("rb") as read, archive.open(entry, "w", force_zip64=True) as write:
                    shutil.copyfileobj(read, write)
