"""Compare a project's dialogues with its benchmarks and lists of hashes, and store what is found."""

import time
from collections.abc import Iterable
from datetime import timedelta
from itertools import chain
from typing import Any, TypeAlias

from django.db import connection, transaction
from django.utils import timezone

from corpus.models import Project
from corpus.similarity.rules import METHOD
from guards.contamination import compare, dialogues_of, matcher_of
from guards.models import Benchmark, Comparison, ContaminationReport, HashList, HashListReport
from guards.queries import benchmarks_of, hash_lists_of

REST = 10
"The schedule waits so many times as long as a comparison took before the next with the same benchmark or list."
TRY_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext(%s), %s)"
Source: TypeAlias = Benchmark | HashList


@transaction.atomic
def check_contamination(*, source: Source) -> Comparison:
    """Compare the dialogues of a project with a benchmark or a list of hashes; store the counts and examples."""
    began, version = time.monotonic(), Project.objects.get(pk=source.project_id).items_version
    found = compare(dialogues_of(source.project), matcher_of(source), source.task)
    counts = {
        "method": METHOD,
        "items_version": version,
        "rows": found.rows,
        "equal": found.equal,
        "near": found.near,
        "cases_found": len(found.cases),
        "examples": found.examples,
        "seconds": time.monotonic() - began,
    }
    return store_report(source, counts)


def store_report(source: Source, counts: dict[str, Any]) -> Comparison:
    """Store what was found, in place of what was before."""
    if isinstance(source, HashList):
        return HashListReport.objects.update_or_create(hash_list=source, defaults=counts)[0]
    return ContaminationReport.objects.update_or_create(benchmark=source, defaults=counts)[0]


def check_due(*, project: Project) -> int:
    """
    Check the benchmarks and lists of hashes of a project whose report is older than its dialogues; return how many.

    Splits of releases and sets of twins are left out: their cases are dialogues of the project. A check under way is
    not waited for.
    """
    files: Iterable[Source] = (
        benchmarks_of(project).filter(release=None, twins__isnull=True).select_related("contamination")
    )
    lists: Iterable[Source] = hash_lists_of(project).select_related("contamination", "project")
    return sum(check_if_due(source) for source in chain(files, lists))


@transaction.atomic
def check_if_due(source: Source) -> bool:
    """Check a benchmark or list if its report is not current, none is being made, and the last was not just now."""
    if not is_due(source):
        return False
    with connection.cursor() as cursor:
        cursor.execute(TRY_LOCK, ["hash lists" if isinstance(source, HashList) else "contamination", source.pk])
        [is_locked] = cursor.fetchone()
    if is_locked:
        check_contamination(source=source)
    return bool(is_locked)


def is_due(source: Source) -> bool:
    """Return whether there is no report of the dialogues of now, and the last one was not just now."""
    known: Comparison | None = getattr(source, "contamination", None)
    if known is None:
        return True
    rested = timezone.now() >= known.checked_at + timedelta(seconds=REST * known.seconds)
    return rested and (known.method, known.items_version) != (METHOD, source.project.items_version)
