"""Compare dialogues with the cases of a benchmark, or with hashes of a public one that may not be passed on."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from corpus.importing.batches import batched
from corpus.models import Item, Project
from corpus.shapes import TurnShape
from corpus.turns import has_response, without_response
from guards.hashes import text_hash, unpacked
from guards.models import Benchmark, BenchmarkCase, HashList
from guards.queries.training import rows_of_split, turns_of_items
from guards.training.example import REDACTED, item_of, turns_in
from releases.models import Release

ITEMS_AT_ONCE = 200
MOST_EXAMPLES = 50
Dialogue: TypeAlias = tuple[str, Sequence[TurnShape]]
"Id and turns."
Found: TypeAlias = tuple[str, float] | None
"Id of a case and similarity; 1 where the words are the same."
Matcher: TypeAlias = Callable[[Sequence[str]], list[Found]]


@dataclass
class Contamination:
    """How many dialogues have a text that stands among the cases, or nearly."""

    rows: int = 0
    equal: int = 0
    near: int = 0
    cases: set[str] = field(default_factory=set)
    "Ids of the cases that were found."
    matches: list[dict[str, Any]] = field(default_factory=list)
    "Of each such dialogue its id, the id of the case and the similarity."

    def add(self, name: str, found: Found) -> None:
        """Count a dialogue."""
        self.rows += 1
        if found is None:
            return
        case, similarity = found
        self.equal += similarity == 1
        self.near += similarity < 1
        self.cases.add(case)
        self.matches.append({"id": name, "case": case, "similarity": round(similarity, 3)})

    @property
    def examples(self) -> list[dict[str, Any]]:
        """The most alike first, MOST_EXAMPLES at most."""
        return sorted(self.matches, key=lambda each: (-each["similarity"], each["id"]))[:MOST_EXAMPLES]


def compare(dialogues: Iterable[Dialogue], matcher: Matcher, task: str) -> Contamination:
    """
    Compare dialogues with cases.

    :param task: what the cases are: prompts, which the prompt and each user turn of a dialogue are compared with, or
        responses, which the response and the turn before it are
    """
    found = Contamination()
    for batch in batched(dialogues, ITEMS_AT_ONCE):
        units = [(at, text) for at, (_, turns) in enumerate(batch) for text in texts_of(turns, task)]
        best: dict[int, tuple[str, float]] = {}
        for (at, _), match in zip(units, matcher([text for _, text in units]), strict=True):
            if match and match[1] > best.get(at, ("", 0.0))[1]:
                best[at] = match
        for at, (name, _) in enumerate(batch):
            found.add(name, best.get(at))
    return found


def texts_of(turns: Sequence[TurnShape], task: str) -> list[str]:
    """Return the texts of a dialogue that may be a case, each once."""
    if task == Benchmark.Task.RESPONSE:
        return [case_text(turns, task)] if has_response(turns) else []
    before = without_response(turns)
    texts = [case_text(before, task), *(turn["text"] for turn in before if turn["role"] == "user")]
    return list(dict.fromkeys(texts))


def case_text(turns: Sequence[TurnShape], task: str) -> str:
    """Return what is judged as one text: of a prompt all its turns, of a response with the turn before it."""
    judged = turns[-2:] if task == Benchmark.Task.RESPONSE else turns
    return "\n\n".join(turn["text"] for turn in judged)


def matcher_of(source: Benchmark | HashList) -> Matcher:
    """Return what finds the case of a benchmark, or the hash of a list, that is most like a text."""
    if isinstance(source, HashList):
        return hashes_matcher(set(unpacked(source.hashes)))
    return cases_matcher(source)


def cases_matcher(benchmark: Benchmark) -> Matcher:
    """Return what finds the case of a benchmark that is most like a text."""
    from corpus.similarity.matching import References

    cases = BenchmarkCase.objects.filter(benchmark=benchmark).order_by("number", "pk")
    names: list[str] = []

    def texts() -> Iterator[str]:
        for name, turns in cases.values_list("case_id", "text__turns").iterator(ITEMS_AT_ONCE):
            names.append(name)
            yield case_text(turns, benchmark.task)

    references = References(texts())

    def matcher(found: Sequence[str]) -> list[Found]:
        return [(names[each.reference], each.similarity) if each else None for each in references.matches(found)]

    return matcher


def hashes_matcher(hashes: set[bytes]) -> Matcher:
    """Return what finds texts whose hash, as of `text_hash`, is one of these; it stands for the id of the case."""

    def matcher(texts: Sequence[str]) -> list[Found]:
        digests = [text_hash(text) for text in texts]
        return [(digest.hex(), 1.0) if digest in hashes else None for digest in digests]

    return matcher


def dialogues_of(project: Project) -> Iterator[Dialogue]:
    """Yield the dialogues of a project that are in use, but for those whose prompt is withheld, by import."""
    items = Item.objects.filter(project=project, withdrawn_at=None, reconstruction_id=None).order_by("pk")
    yield from items.values_list("external_id", "turns").iterator(ITEMS_AT_ONCE)


def dialogues_of_release(release: Release, split: str) -> Iterator[Dialogue]:
    """
    Yield the dialogues in a split of a release, but for those whose prompt is withheld.

    :raises Damaged: if the file of the split is missing or has changed
    """
    rows = (row for row in rows_of_split(release, split) if row["prompt"] != REDACTED)
    for batch in batched(rows):
        turns = turns_of_items(release, batch)
        for row in batch:
            yield item_of(row), turns.get(item_of(row)) or turns_in(row)
