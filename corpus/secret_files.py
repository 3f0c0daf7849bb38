"""Secrets in files, as container engines provide them: NAME_FILE names the file for NAME."""

import os
from pathlib import Path

from corpus.errors import Refused


def read_secret(name: str) -> str:
    """
    Return the value of the variable NAME, or the content of the file that NAME_FILE names, or an empty string.

    :raises Refused: if the file cannot be read, or is empty
    """
    if value := os.environ.get(name):
        return value
    file = os.environ.get(f"{name}_FILE")
    return read_secret_file(f"{name}_FILE", Path(file)) if file else ""


def read_secret_file(variable: str, file: Path) -> str:
    """
    Return the stripped content of a file.

    :param variable: named in the message
    :raises Refused: if the file cannot be read, or is empty
    """
    try:
        content = file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise Refused(f"The file of {variable} cannot be read: {file}: {reason}.") from error
    if not content:
        raise Refused(f"The file of {variable} is empty: {file}.")
    return content
