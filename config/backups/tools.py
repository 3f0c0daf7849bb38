"""Run PostgreSQL's client programs; they get the password by their environment, which others cannot read."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from django.conf import settings

from config.data_dir import DataDirError
from config.embedded import postgres
from corpus.errors import Refused

OPTIONS = """
    host hostaddr port passfile service sslmode sslnegotiation sslrootcert sslcert sslkey sslcertmode sslcrl sslcrldir
    ssl_min_protocol_version ssl_max_protocol_version channel_binding require_auth requirepeer gssencmode gssdelegation
    krbsrvname target_session_attrs
"""
"Options of an address that say how to connect, each as the variable of its name without underscores."
VARIABLES = {"HOST": "PGHOST", "PORT": "PGPORT", "USER": "PGUSER", "PASSWORD": "PGPASSWORD", "NAME": "PGDATABASE"}


def program(name: str) -> str:
    """
    Return the path of a client program.

    :raises Refused: if it is neither in the packages nor on the PATH
    """
    try:
        bundled = postgres.binary(name)
    except DataDirError:
        bundled = ""
    path = bundled if Path(bundled).is_file() else shutil.which(name)
    if not path:
        raise Refused(f"{name} is missing. Run `make setup`, or install the client programs of PostgreSQL.")
    return path


def environment() -> dict[str, str]:
    """Return the environment in which a client program connects to our database, past a pooler: it sets its session."""
    database = settings.SERVER_DATABASE
    options = database.get("OPTIONS", {})
    variables = {f"PG{key.replace('_', '').upper()}": str(options[key]) for key in OPTIONS.split() if key in options}
    variables |= {name: str(database[key]) for key, name in VARIABLES.items() if database.get(key)}
    return {**os.environ, **variables, "PGCONNECT_TIMEOUT": "10"}


def output_of(name: str, *arguments: str) -> Iterator[bytes]:
    """
    Yield the output of a program block by block.

    :raises Refused: if it fails, with its error message
    """
    process = start(name, arguments)
    assert process.stdout  # noqa: S101 - for types
    try:
        while block := process.stdout.read(2**20):
            yield block
    finally:
        process.stdout.close()
        error = finish(process)
    if process.returncode:
        raise Refused(f"{name} failed: {error}")


def start(name: str, arguments: Sequence[str]) -> "subprocess.Popen[bytes]":
    """Start a client program with its output in pipes."""
    return subprocess.Popen(
        [program(name), *arguments],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        restore_signals=False,  # so that a full disk is an error message, not a signal that ends the program
    )


def finish(process: "subprocess.Popen[bytes]") -> str:
    """Wait for the end of a program, and return the first line of its stderr that names an error."""
    assert process.stderr  # noqa: S101 - for types
    lines = [line for line in process.stderr.read().decode(errors="replace").splitlines() if line.strip()]
    process.stderr.close()
    process.wait()
    errors = [line for line in lines if "rror" in line or "FATAL" in line]
    return (errors or lines or [f"it ended with {process.returncode}"])[0].strip()
