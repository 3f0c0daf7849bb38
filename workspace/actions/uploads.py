"""Keep uploaded files until a worker has imported them, and delete what killed processes left behind."""

import os
import shutil
import time
from pathlib import Path
from typing import IO

from django.conf import settings

from corpus.errors import Refused
from corpus.importing.readers import EXTENSIONS, check_contents
from workspace.models import Job
from workspace.queries.jobs import IMPORTS, REJECTED_ROWS, upload_folder, upload_path

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


def save_upload(content: IO[bytes], path: Path, most_bytes: int, *, name: str = "The file") -> None:
    """
    Write an upload to the disk.

    :param name: the file as its owner calls it, for messages
    :raises TooLarge: if it has more than `most_bytes`
    :raises Refused: if it is no file of rows, or cannot be written
    """
    size = 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            while block := content.read(BLOCK):
                if not size:
                    check_contents(name, block)
                size += len(block)
                if size > most_bytes:
                    raise TooLarge(f"{name} has more than {most_bytes:,} bytes. Split it, or import it by command.")
                file.write(block)
            file.flush()
            os.fsync(file.fileno())  # the reply promises that the file is stored
    except OSError as error:
        raise Refused(f"The upload cannot be stored: {error.strerror}.") from error


def delete_leftovers() -> None:
    """Delete uploads without an open job, and half-made releases, once nothing has written to them for a day."""
    imports = Job.objects.filter(state__in=Job.OPEN, kind__in=IMPORTS)
    needed = {upload_path(job).name for job in imports}
    for path in upload_folder().glob("*"):
        if is_old(path) and path.name not in needed and not path.name.endswith(REJECTED_ROWS):
            path.unlink(missing_ok=True)
    for path in (Path(settings.ASSIZE_HOME) / "releases").glob("*/.*.part"):
        if is_old(path):
            shutil.rmtree(path, ignore_errors=True)


def is_old(path: Path) -> bool:
    """Return whether a file was last written more than a day ago; False if it no longer exists."""
    try:
        return time.time() - path.stat().st_mtime > LEFTOVER_AFTER_SECONDS
    except FileNotFoundError:
        return False
