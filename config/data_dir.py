"""The data directory (ASSIZE_HOME): server data, secrets, uploads, releases and logs."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


class DataDirError(Exception):
    """The data directory, or a server in it, cannot be used. The message is one line for a person."""


@dataclass(frozen=True)
class DataDir:
    """A data directory, its lock and its secrets."""

    path: Path

    @classmethod
    def from_environment(cls) -> "DataDir":
        """Return the data directory that ASSIZE_HOME names; by default `.assize` in the checkout."""
        return cls(Path(os.environ.get("ASSIZE_HOME") or CHECKOUT / ".assize").resolve())

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the data directory while the block runs; other processes wait."""
        self.make()
        with (self.path / "lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def make(self) -> None:
        """
        Create the folder if it does not exist.

        :raises DataDirError: if it cannot be created or written
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise DataDirError(f"Cannot use {self.path} as the data directory: {error.strerror}.") from error
        if not os.access(self.path, os.W_OK):
            raise DataDirError(f"{self.path} cannot be written by this user. Set ASSIZE_HOME to another folder.")

    def secret(self, name: str) -> str:
        """
        Return the secret of a name; generate it the first time.

        :raises DataDirError: if it cannot be written
        """
        file = self.path / "secrets" / name
        if file.exists() and (known := file.read_text().strip()):
            return known
        self.make()
        file.parent.mkdir(mode=0o700, exist_ok=True)
        # Written to another file and renamed, so that a full disk never leaves an empty secret.
        half_made = file.with_suffix(f".{os.getpid()}")
        try:
            with os.fdopen(os.open(half_made, os.O_WRONLY | os.O_CREAT, 0o600), "w") as handle:
                handle.write(secrets.token_urlsafe(48))
            half_made.rename(file)
        except OSError as error:
            raise DataDirError(f"Cannot write {file}: {error.strerror}.") from error
        return file.read_text().strip()
