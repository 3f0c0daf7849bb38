"""Keep uploaded files until a worker has imported them, and delete what killed processes left behind."""

import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.cache import cache

from corpus.errors import Refused
from corpus.importing.readers import EXTENSIONS, check_contents
from corpus.stores import Stored, StoreProblem, store
from releases.storing import delete_abandoned
from workspace.models import Job
from workspace.queries.jobs import IMPORTS, REJECTED_ROWS, UPLOADS, upload_name

logger = logging.getLogger(__name__)

BLOCK = 2**20
"Bytes read at a time."
ARCHIVES = (".zip", ".7z", ".rar", ".xz", ".zst", ".bz2", ".tar", ".tgz")
LEFTOVER_AFTER_SECONDS = 86_400
"An upload without a job, or a half-made release, that nobody has written to for so long was left by a killed process."


class TooLarge(Refused):
    """An upload has more bytes than the installation accepts."""

    code = "too_large"
    status = 413


def suffix_of(name: str) -> str:
    """
    Return the extension that names a file's format, such as `.jsonl` or `.csv.gz`.

    :raises Refused: if the name has no known extension, or that of an archive
    """
    path = Path(name)
    ending = path.suffix.lower()
    inner = Path(path.stem).suffix.lower() if ending == ".gz" else ending
    if ending in ARCHIVES:
        raise Refused(f"Archives are not unpacked here ({name[-60:]}). Send the file in it; gzip is accepted.")
    if inner not in EXTENSIONS:
        raise Refused(f"The name must end in {', '.join(sorted(EXTENSIONS))}, each also with .gz: not {name[-60:]!r}.")
    return inner + (".gz" if ending == ".gz" else "")


def checked_blocks(content: IO[bytes], most_bytes: int, *, name: str = "The file") -> Iterator[bytes]:
    """
    Yield an upload block by block.

    :param name: the file as its owner calls it, for messages
    :raises TooLarge: if it has more than `most_bytes`
    :raises Refused: if it is no file of rows
    """
    size = 0
    while block := content.read(BLOCK):
        if not size:
            check_contents(name, block)
        size += len(block)
        if size > most_bytes:
            raise TooLarge(f"{name} has more than {most_bytes:,} bytes. Split it, or import it by command.")
        yield block


def delete_quietly(name: str) -> None:
    """Delete a stored file; if the store cannot be used, `delete_leftovers` does it later."""
    try:
        store().delete(name)
    except StoreProblem as problem:
        logger.warning("%s stays in the store for now: %s", name, problem)


def delete_leftovers() -> None:
    """Delete uploads without an open job, and half-made releases, once nothing has written to them for a day."""
    place = store()
    # Lists of a bucket cost money, and a worker looks every half minute.
    if not place.is_folder and not cache.add("stored-files-swept", 1, timeout=3600):
        return
    old = [each for each in place.files(UPLOADS) if is_old(each) and not each.name.endswith(REJECTED_ROWS)]
    # Asked after the files, so that a job of a file that was seen is seen, too.
    needed = {upload_name(job) for job in Job.objects.filter(state__in=Job.OPEN, kind__in=IMPORTS)}
    for each in old:
        if each.name not in needed:
            place.delete(each.name)
    place.delete_unfinished(LEFTOVER_AFTER_SECONDS)
    if not place.is_folder:
        delete_abandoned(place, LEFTOVER_AFTER_SECONDS)
    for path in (Path(settings.ASSIZE_HOME) / "releases").glob("*/.*.part"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > LEFTOVER_AFTER_SECONDS:
                shutil.rmtree(path, ignore_errors=True)


def is_old(file: Stored) -> bool:
    """Return whether a file was last written more than a day ago."""
    return time.time() - file.changed_at > LEFTOVER_AFTER_SECONDS
