"""Limit the size of files, which acts like a full disk: what is beyond it cannot be written."""

import os
import resource
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from subprocess import CompletedProcess

from bench import forks


@contextmanager
def full_disk(most: int) -> Iterator[None]:
    """
    Limit the size of the files of this process, in bytes.

    Meanwhile, no module that is imported is kept compiled. Python cuts that file off at the limit without an error,
    and every later process of this checkout would fail to import it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    keeps_none = sys.dont_write_bytecode
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        sys.dont_write_bytecode = keeps_none


def run_on_full_disk(most: int, *words: object, environment: Mapping[str, str] = os.environ) -> "CompletedProcess[str]":
    """
    Run a management command with such a limit in bytes, which does not apply to the servers.

    It applies to what the command prints, too.
    """
    program = (
        f"import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most}))\n"
        "sys.argv[0] = 'manage.py'; sys.dont_write_bytecode = True\n"
        "import runpy; runpy.run_path('manage.py', run_name='__main__')"
    )
    return forks.run([sys.executable, "-c", program, *(str(word) for word in words)], environment, seconds=180)
