"""Compare a project's dialogues with its benchmarks, and store what is found."""

import time
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from corpus.models import Project
from corpus.similarity.rules import METHOD
from guards.contamination import cases_matcher, compare, dialogues_of
from guards.models import Benchmark, ContaminationReport
from guards.queries import benchmarks_of

REST = 10
"The schedule waits so many times as long as a comparison took before the next of the same benchmark."
TRY_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('contamination'), %s)"


@transaction.atomic
def check_contamination(*, benchmark: Benchmark) -> ContaminationReport:
    """Compare the dialogues of a benchmark's project with its cases; store the counts and examples."""
    began, version = time.monotonic(), Project.objects.get(pk=benchmark.project_id).items_version
    found = compare(dialogues_of(benchmark.project), cases_matcher(benchmark), benchmark.task)
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
    return ContaminationReport.objects.update_or_create(benchmark=benchmark, defaults=counts)[0]


def check_due(*, project: Project) -> int:
    """
    Check the benchmarks of a project whose report is older than its dialogues, and return how many those were.

    Splits of releases are left out: their cases are dialogues of the project. A check under way is not waited for.
    """
    files = benchmarks_of(project).filter(release=None).select_related("contamination")
    return sum(check_if_due(benchmark) for benchmark in files)


@transaction.atomic
def check_if_due(benchmark: Benchmark) -> bool:
    """Check a benchmark if its report is not current, none is being made, and the last one was not just now."""
    if not is_due(benchmark):
        return False
    with connection.cursor() as cursor:
        cursor.execute(TRY_LOCK, [benchmark.pk])
        [is_locked] = cursor.fetchone()
    if is_locked:
        check_contamination(benchmark=benchmark)
    return bool(is_locked)


def is_due(benchmark: Benchmark) -> bool:
    """Return whether a benchmark has no report of the dialogues of now, and the last one was not just now."""
    known: ContaminationReport | None = getattr(benchmark, "contamination", None)
    if known is None:
        return True
    rested = timezone.now() >= known.checked_at + timedelta(seconds=REST * known.seconds)
    return rested and (known.method, known.items_version) != (METHOD, benchmark.project.items_version)
