"""One `make run` for a data directory, and how it is stopped from outside."""

import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from config.data_dir import DataDir, DataDirError
from config.embedded.processes import wait_until

STOP_SECONDS = 90


@contextmanager
def only_one(data_dir: DataDir, address: str) -> Iterator[None]:
    """
    Be the only `make run` of a data directory while the block runs.

    :raises DataDirError: if there is one already, with its process number and address
    """
    data_dir.make()
    with (data_dir.path / "run.lock").open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            pid, where = owner(data_dir.path / "run.lock")
            raise DataDirError(
                f"Assize runs already from {data_dir.path}: process {pid}, {where}. Stop it with `make stop`."
            ) from error
        handle.truncate(0)
        handle.write(f"{os.getpid()} {address}")
        handle.flush()
        yield


def owner(lock: Path) -> tuple[int, str]:
    """Return the process number and the address in the lock file; (0, a remark) if it holds none yet."""
    words = lock.read_text().split()
    if len(words) == 2 and words[0].isdecimal():
        return int(words[0]), words[1]
    return 0, "whose address is not known yet"


def stop_running(data_dir: DataDir) -> bool:
    """Stop the `make run` of a data directory and wait for its end; return whether there was one."""
    lock = data_dir.path / "run.lock"
    if not lock.exists() or not is_locked(lock):
        return False
    if pid := owner(lock)[0]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    return wait_until(lambda: not is_locked(lock), seconds=STOP_SECONDS)


def is_locked(lock: Path) -> bool:
    """Return whether a `make run` holds the lock."""
    with lock.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
