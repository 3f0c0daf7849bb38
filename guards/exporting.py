"""The lines of training data: the labels of a release, asked as a guard will be asked."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import orjson

from corpus.importing.batches import batched
from corpus.models import Taxonomy
from guards import queries
from guards.contamination import Contamination, compare, dialogues_of_release, matcher_of
from guards.models import Benchmark
from guards.training.example import Choice, Example, examples_of
from guards.training.rendering import Renderer
from jury.models import PromptVersion
from jury.prompting import Prompt
from jury.queries import prompt_categories
from releases.models import Release


def renderer_of(release: Release, asking: PromptVersion) -> Renderer:
    """
    Return what renders the examples of a release as a prompt version asks, by the taxonomy of the release.

    :raises Refused: if no reply can be written in its form
    """
    return Renderer(Prompt.parse(asking.text), prompt_categories(taxonomy_of(release)))


def taxonomy_of(release: Release) -> int:
    """Return the primary key of the taxonomy that a release was made under; the project's if it is not here."""
    name, _, version = str(release.manifest.get("taxonomy", "")).rpartition(" v")
    stored = Taxonomy.objects.filter(name=name, version=int(version)).first() if version.isdecimal() else None
    return stored.pk if stored else release.project.taxonomy_id


def found_in_benchmarks(release: Release, split: str, benchmarks: Sequence[Benchmark]) -> dict[str, Contamination]:
    """
    Return by the name of a benchmark which dialogues of a split stand among its cases, word for word or nearly.

    A benchmark that is this very split is passed over: all of it would be found.

    :raises Damaged: if a file of the release is missing or has changed
    """
    return {
        each.name: compare(dialogues_of_release(release, split), matcher_of(each), each.task)
        for each in benchmarks
        if (each.release_id, each.split) != (release.pk, split)
    }


def dialogues_found(found: Mapping[str, Contamination]) -> set[str]:
    """Return the ids of all dialogues that were found in benchmarks."""
    return {match["id"] for each in found.values() for match in each.matches}


def training_lines(
    release: Release, split: str, choice: Choice, renderer: Renderer, form: str, without: Collection[str] = ()
) -> Iterator[bytes]:
    """
    Yield the examples of a split as JSON lines, in the order of its file, with constant memory but for the weights.

    :param form: one of `rendering.FORMATS`
    :param without: ids of dialogues that are left out
    :raises Damaged: at the first line, if a file of the release is missing or has changed
    """
    shares = queries.shares_of_split(release, split)
    for example in examples_in(release, split, choice):
        if example.item in without:
            continue
        weight = shares.get((example.item, example.field), 1.0)
        yield orjson.dumps(renderer.row(example, form, weight), option=orjson.OPT_APPEND_NEWLINE)


def examples_in(release: Release, split: str, choice: Choice) -> Iterator[Example]:
    """Yield the chosen examples of a split, in the order of its file."""
    for rows in batched(queries.rows_of_split(release, split)):
        yield from examples_of(rows, queries.turns_of_items(release, rows), choice)
