"""Make benchmarks from the splits of releases."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

from django.contrib.auth.models import User
from django.db import transaction

from corpus.actions import record_event
from corpus.actions.import_support import lock_imports
from corpus.errors import Refused
from corpus.importing.batches import batched
from corpus.labels import NEEDS_RESPONSE, Field
from corpus.models import Project, Verb
from corpus.turns import has_response
from guards import queries
from guards.actions.benchmarks import Numbered, count, create_benchmark, write_cases
from guards.benchmarks.case import Case
from guards.benchmarks.definition import TASKS
from guards.benchmarks.reading import NAME, own_definition
from guards.models import Benchmark
from guards.training.example import BY_PEOPLE, Choice, Example, check_sources, examples_of, is_refusal
from releases.models import Release
from releases.spec import SPLITS

MOST_LICENCES = 60
"Characters; more are not listed."


@transaction.atomic
def benchmark_of_release(
    *,
    project: Project,
    version: str,
    split: str = "test",
    task: str = "prompt",
    sources: Sequence[str] | None = BY_PEOPLE,
    by: User | None = None,
) -> Benchmark:
    """
    Return a split of a release as a benchmark: made once, and the same one at every later call.

    Its cases are the rows that have a label of the task, without redacted ones and refusals safe by construction.

    :param split: one of `releases.spec.SPLITS`
    :param task: `prompt` or `response`
    :param sources: who may have decided the labels, as `*_label_source` says; None for all
    :raises Refused: if there is no such release, split or task, or no row is left
    :raises Damaged: if the file of the split is missing or has changed
    """
    check_split(split, task)
    release = queries.find_release(project, version)
    wanted = list(check_sources(sources or ()) or ())
    lock_imports(project)
    of_release = {"release": release, "split": split, "label_sources": wanted}
    if known := Benchmark.objects.filter(task=task, **of_release).first():
        return known
    definition = own_definition(
        name_of(release, split, task, wanted),
        title=f"Release {version}, {split} split",
        task=task,
        columns={},
        licence=licences_of(release),
    )
    benchmark = create_benchmark(project, definition, release.hashes[f"{split}.json"], **of_release)
    for batch in batched(cases_of(release, split, Field(f"{task}_label"), wanted)):
        write_cases(benchmark, batch)
        count(benchmark, batch)
    benchmark.save()
    detail = {"release": version, "split": split, "cases": benchmark.rows, "positives": benchmark.positives}
    record_event(project=project, verb=Verb.BENCHMARK_ADDED, subject=benchmark.name, actor=by, detail=detail)
    return benchmark


def check_split(split: str, task: str) -> None:
    """
    :raises Refused: if it is no split of a release, or the task is unknown
    """
    if split not in SPLITS:
        raise Refused(f"{split!r} is no split of a release: {', '.join(SPLITS)}.")
    if task not in TASKS:
        raise Refused(f"{task!r} is not a task: {' or '.join(TASKS)}.")


def cases_of(release: Release, split: str, field: Field, sources: Sequence[str]) -> Iterator[Numbered]:
    """
    Yield the cases of a split, each with the number of its row.

    :param sources: of the labels; empty for all
    :raises Refused: if there is none
    """
    rows = list(queries.rows_of_split(release, split))
    numbers = {row["id"]: at for at, row in enumerate(rows, start=1) if not is_refusal(row)}
    labels = {row["id"]: row[field.source_key] for row in rows if not is_refusal(row)}
    turns = queries.turns_of_items(release, rows)
    examples = list(examples_of(rows, turns, Choice(fields=(field,), sources=tuple(sources) or None)))
    if not examples:
        found = Counter(labels[each.item] for each in examples_of(rows, turns, Choice(fields=(field,))))
        raise Refused(nothing_left(release, split, field, found))
    for example in examples:
        yield numbers[example.item], case_of_example(example, labels[example.item])


def case_of_example(example: Example, source: str) -> Case:
    """
    Return the case of a label.

    :param source: who decided it
    """
    category = example.categories[0] if example.categories else ""
    ends_at_prompt = example.field not in NEEDS_RESPONSE and has_response(example.turns)
    said = {"category": category, "label_source": source}
    return Case(example.item, example.turns, example.is_unsafe, ends_at_prompt=ends_at_prompt, **said)


def nothing_left(release: Release, split: str, field: Field, found: Mapping[str, int]) -> str:
    """
    Return the message that no row can be a case.

    :param found: number of labels by source, of all sources
    """
    sources = ", ".join(f"{name} ({number:,})" for name, number in sorted(found.items()))
    there = (
        f"Sources of its {field.part} labels: {sources}. Choose with --sources."
        if sources
        else f"It has no {field.part} labels."
    )
    return f"The {split} split of release {release.version} has no row that can be a case. {there}"


def name_of(release: Release, split: str, task: str, sources: Sequence[str]) -> str:
    """
    Return a name that no benchmark of the project has, as `release-1-0-test-prompt`.

    Sources other than people's are named in it. Its end is a hash where it would be too long, or is taken: versions
    may differ in a dot and a hyphen.
    """
    named = [] if list(sources) == sorted(BY_PEOPLE) else sources or ["all"]
    plain = "-".join(["release", release.version, split, task, *named])
    name = re.sub(r"[^A-Za-z0-9_-]", "-", plain)
    if NAME.fullmatch(name) and not Benchmark.objects.filter(project=release.project, name=name).exists():
        return name
    return f"{name[:51]}-{sha256(plain.encode()).hexdigest()[:8]}"


def licences_of(release: Release) -> str:
    """Return the licences of a release's rows in one line; `several` if that would be long."""
    licences = ", ".join(sorted(name for name in release.manifest["counts"].get("license", {}) if name))
    return licences if len(licences) <= MOST_LICENCES else "several"
