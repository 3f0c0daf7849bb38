"""Secrets that lie in files, as container engines hand them out: NAME_FILE stands for NAME."""

import os
from pathlib import Path

from corpus.errors import Refused


def secret_named(name: str) -> str:
    """
    Return what NAME holds, else what is in the file that NAME_FILE names, else nothing.

    :raises Refused: if the file cannot be read, or is empty
    """
    if said := os.environ.get(name):
        return said
    file = os.environ.get(f"{name}_FILE")
    return read_secret(f"{name}_FILE", Path(file)) if file else ""


def read_secret(variable: str, file: Path) -> str:
    try:
        content = file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise Refused(f"The file of {variable} cannot be read: {file}: {reason}.") from error
    if not content:
        raise Refused(f"The file of {variable} is empty: {file}.")
    return content
