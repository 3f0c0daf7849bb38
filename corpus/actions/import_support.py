"""What every import needs from Django: its limits, its lock, and a paused garbage collector."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from corpus.importing.limits import Limits
from corpus.models import Project


@contextmanager
def without_cycle_search() -> Iterator[None]:
    """
    Pause the search for reference cycles, which rows of data never form.

    It would walk every object of the process again and again: a fifth of an import's time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def limits() -> Limits:
    return Limits(**settings.IMPORT_LIMITS)


def lock_imports(project: Project) -> None:
    """Let one import into a project run at a time, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('import'), %s)", [project.pk])
