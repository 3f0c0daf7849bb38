"""PostgreSQL's own programs, told of our database by their environment and not where others could read it."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from django.conf import settings

from config.data_dir import DataDirError
from config.embedded import postgres
from corpus.errors import Refused

VARIABLES = {"HOST": "PGHOST", "PORT": "PGPORT", "USER": "PGUSER", "PASSWORD": "PGPASSWORD", "NAME": "PGDATABASE"}


def program(name: str) -> str:
    """
    :raises Refused: if it is neither among the packages nor on the path
    """
    try:
        bundled = postgres.binary(name)
    except DataDirError:
        bundled = ""
    found = bundled if Path(bundled).is_file() else shutil.which(name)
    if not found:
        raise Refused(f"{name} is missing. Run `make setup`, or install the client programs of PostgreSQL.")
    return found


def environment() -> dict[str, str]:
    database = settings.DATABASES["default"]
    told = {name: str(database[key]) for key, name in VARIABLES.items() if database.get(key)}
    options = database.get("OPTIONS", {})
    told |= {f"PG{key.upper()}": str(options[key]) for key in ("sslmode", "sslrootcert") if key in options}
    return {**os.environ, **told, "PGCONNECT_TIMEOUT": "10"}


def output_of(name: str, *arguments: str) -> Iterator[bytes]:
    """
    Return what a program writes, piece by piece.

    :raises Refused: if it ends badly, with what it said
    """
    process = start(name, arguments)
    assert process.stdout  # noqa: S101 - for types
    try:
        while piece := process.stdout.read(2**20):
            yield piece
    finally:
        process.stdout.close()
        said = finish(process)
    if process.returncode:
        raise Refused(f"{name} could not do it: {said}")


def start(name: str, arguments: Sequence[str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [program(name), *arguments],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        restore_signals=False,  # a file that may not grow is to be an error that it can tell of, not its end
    )


def finish(process: "subprocess.Popen[bytes]") -> str:
    """Wait for the end, and give the line that tells most."""
    assert process.stderr  # noqa: S101 - for types
    lines = [line for line in process.stderr.read().decode(errors="replace").splitlines() if line.strip()]
    process.stderr.close()
    process.wait()
    telling = [line for line in lines if "rror" in line or "FATAL" in line]
    return (telling or lines or [f"it ended with {process.returncode}"])[0].strip()
