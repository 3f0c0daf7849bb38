"""Add a benchmark from a file."""

from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction

from corpus.actions import record_event
from corpus.actions.import_support import limits, lock_imports
from corpus.errors import Refused
from corpus.importing.batches import batched
from corpus.models import Project, Verb
from guards.actions.texts import store_texts
from guards.benchmarks.case import Case
from guards.benchmarks.definition import Definition
from guards.benchmarks.reading import check_expected, file_hash, read_cases
from guards.models import Benchmark, BenchmarkCase

Numbered = tuple[int, Case]

COPY_CASES = """
    COPY guards_benchmarkcase (
        benchmark_id, number, case_id, text_id, is_unsafe, category, kind, "group", pair, language, label_source
    ) FROM STDIN
"""

CASE_FIELDS = ("id", "is_unsafe", "category", "kind", "group", "pair", "language", "label_source")
"Of a `Case`, which are columns of a `BenchmarkCase`, too."
COMPARED = ("number", "case_id", *CASE_FIELDS[1:], "text__content_hash")


@transaction.atomic
def add_benchmark(
    *,
    project: Project,
    definition: Definition,
    path: Path,
    name: str = "",
    accept_different: bool = False,
    progress: Callable[[int], None] = lambda _rows: None,
    by: User | None = None,
) -> Benchmark:
    """
    Read a file as a benchmark of a project: all of it, or nothing.

    :param name: the file as its owner calls it; its path if empty
    :param accept_different: whether to take a file whose counts are not the published ones
    :param progress: called with the number of rows read
    :return: the benchmark; the one there is if it was made in the same way from the same file
    :raises Refused: if the file cannot be read, has no case, or is not the published one; or if the name is taken
    """
    lock_imports(project)
    digest = file_hash(path, name)
    if known := Benchmark.objects.filter(project=project, name=definition.name).first():
        check_same(known, definition, digest, read_cases(path, definition, limits(), name=name))
        return known
    benchmark = create_benchmark(project, definition, digest)
    for batch in batched(read_cases(path, definition, limits(), name=name)):
        write_cases(benchmark, batch)
        count(benchmark, batch)
        progress(benchmark.rows)
    check_counts(benchmark, definition, name or str(path), accept_different=accept_different)
    benchmark.save()
    detail = {"cases": benchmark.rows, "positives": benchmark.positives, "sha256": digest}
    record_event(project=project, verb=Verb.BENCHMARK_ADDED, subject=benchmark.name, actor=by, detail=detail)
    return benchmark


def check_same(known: Benchmark, definition: Definition, digest: str, cases: Iterable[Numbered]) -> None:
    """
    Check that adding a benchmark again would make the one there is.

    :param cases: what the file has by the definition, which for one of one's own may name other columns than before
    :raises Refused: if it would not
    """
    if known.sha256 != digest or known.task != definition.task:
        raise Refused(f"{definition.name} was added before, from another file. Choose another name.")
    if known.is_known:
        return
    stored = BenchmarkCase.objects.filter(benchmark=known).order_by("number", "pk").values_list(*COMPARED).iterator()
    read = ((number, *(getattr(case, name) for name in CASE_FIELDS), case.text.content_hash) for number, case in cases)
    is_same = all(a and (*a[:-1], bytes(a[-1])) == b for a, b in zip_longest(stored, read))
    if not is_same or known.licence != definition.licence:
        raise Refused(
            f"{definition.name} was added before from this file, with other columns, language or licence, and a "
            "benchmark never changes. Choose another name."
        )


def create_benchmark(project: Project, definition: Definition, digest: str, **of_release: Any) -> Benchmark:
    """
    Create the row of a benchmark, without cases yet.

    :param of_release: the fields that a benchmark made from a release has besides
    """
    return Benchmark.objects.create(
        project=project,
        name=definition.name,
        title=definition.title,
        task=definition.task,
        licence=definition.licence,
        source=definition.source,
        note=definition.note,
        sha256=digest,
        is_known=bool(definition.repository),
        rows=0,
        labelled=0,
        positives=0,
        expected_rows=definition.expected.rows,
        expected_positives=definition.expected.positives,
        **of_release,
    )


def count(benchmark: Benchmark, batch: Sequence[Numbered]) -> None:
    """Add the rows of a batch to the counts of its benchmark."""
    labels = [case.is_unsafe for _, case in batch]
    benchmark.rows += len(labels)
    benchmark.labelled += sum(label is not None for label in labels)
    benchmark.positives += sum(label is True for label in labels)


def check_counts(benchmark: Benchmark, definition: Definition, file: str, *, accept_different: bool) -> None:
    """
    Check what was read.

    :raises Refused: if there is no case, or the counts are not the published ones and that is not accepted
    """
    if not benchmark.rows:
        raise Refused(f"{file} has no row that counts. Nothing was kept.")
    if not accept_different:
        check_expected(definition, rows=benchmark.rows, positives=benchmark.positives)


def write_cases(benchmark: Benchmark, batch: Sequence[Numbered]) -> None:
    """Store the cases of a batch, and those of their texts that are new."""
    hashes = [case.text.content_hash for _, case in batch]
    keys = store_texts(dict(zip(hashes, (case.text for _, case in batch), strict=True)))
    with connection.cursor() as cursor, cursor.copy(COPY_CASES) as copy:
        for (number, case), digest in zip(batch, hashes, strict=True):
            copy.write_row(
                (
                    benchmark.pk,
                    number,
                    case.id,
                    keys[digest],
                    case.is_unsafe,
                    case.category,
                    case.kind,
                    case.group,
                    case.pair,
                    case.language,
                    case.label_source,
                )
            )
