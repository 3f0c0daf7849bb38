"""Find the cases of a benchmark that a guard may have seen: those whose text stands in a training split, or nearly."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import sha256

from corpus.importing.batches import batched
from corpus.shapes import TurnShape
from corpus.similarity.words import normalized
from corpus.turns import has_response, without_response
from guards import queries
from guards.contamination import case_text, dialogues_of_release, texts_of
from guards.models import Benchmark, BenchmarkCase
from guards.training.example import REDACTED, item_of, turns_in
from releases.models import Release

TRAINED_ON = "train"
TEXTS_AT_ONCE = 20_000
"So many texts of a training split are held at a time, with about 1 KB each."


def overlapping_cases(release: Release, benchmark: Benchmark) -> set[int]:
    """
    Return the numbers of the cases whose normalized text stands in the training split of a release.

    A prompt does where it is the prompt of a training row or one of its user turns, a response where it stands there
    after the same user turn. All rows count, whatever labels a guard was trained on, but for redacted ones.

    :raises Damaged: if the file of the split is missing or has changed
    """
    seen = seen_in_training(release, benchmark.task)
    cases = BenchmarkCase.objects.filter(benchmark=benchmark).values_list("number", "text__turns")
    return {number for number, turns in cases.iterator() if key_of_case(turns, benchmark.task) in seen}


def near_cases(release: Release, benchmark: Benchmark, known: Collection[int] = ()) -> set[int]:
    """
    Return the numbers of the cases that are near-duplicates of a text in the training split of a release.

    Texts are compared as in a contamination report: of a prompt the whole prompt and each user turn, of a response that
    with the turn before it. Memory is bounded, however large the split is.

    :param known: numbers of cases that need not be compared
    :raises Damaged: if the file of the split is missing or has changed
    """
    cases = BenchmarkCase.objects.filter(benchmark=benchmark).exclude(number__in=known)
    texts = {
        number: case_text(turns, benchmark.task)
        for number, turns in cases.values_list("number", "text__turns").iterator()
    }
    trained = (
        text for _, turns in dialogues_of_release(release, TRAINED_ON) for text in texts_of(turns, benchmark.task)
    )
    found: set[int] = set()
    for references in batched(trained, TEXTS_AT_ONCE):
        found |= like_any(references, {number: text for number, text in texts.items() if number not in found})
    return found


def like_any(references: Sequence[str], texts: Mapping[int, str]) -> set[int]:
    """Return the numbers of the texts that are near-duplicates of one of these references."""
    from corpus.similarity.matching import References

    ready, found = References(references), set()
    for batch in batched(texts.items()):
        matches = ready.matches([text for _, text in batch])
        found |= {number for (number, _), match in zip(batch, matches, strict=True) if match}
    return found


def seen_in_training(release: Release, task: str) -> set[bytes]:
    """Return the keys of all texts of a task in the training split of a release."""
    seen: set[bytes] = set()
    rows = (row for row in queries.rows_of_split(release, TRAINED_ON) if row["prompt"] != REDACTED)
    for batch in batched(rows):
        turns = queries.turns_of_items(release, batch)
        for row in batch:
            seen.update(keys_of_training(turns.get(item_of(row)) or turns_in(row), task))
    return seen


def keys_of_training(turns: Sequence[TurnShape], task: str) -> Iterator[bytes]:
    """Yield the key of each text of a task in a dialogue that a guard was trained on."""
    if task == Benchmark.Task.RESPONSE:
        if has_response(turns):
            yield key_of_case(turns, task)
        return
    before = without_response(turns)
    yield key_of_case(before, task)
    yield from (key(turn["text"]) for turn in before if turn["role"] == "user")


def key_of_case(turns: Sequence[TurnShape], task: str) -> bytes:
    """Return the key of what is judged: of a prompt all its turns, of a response with the turn before it."""
    judged = turns[-2:] if task == Benchmark.Task.RESPONSE else turns
    return key(*(turn["text"] for turn in judged))


def key(*texts: str) -> bytes:
    """Return a hash that texts share whose normalized forms are equal: 32 bytes."""
    return sha256("\0".join(map(normalized, texts)).encode()).digest()
