"""Group the texts that raters wrote for the category `other` by similarity. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SIMILAR = 85
"Similarity (token sort ratio, 0 to 100) from which two texts are grouped: typing errors and word order do not matter."
MOST_COMPARED = 2_000
"Distinct texts to compare, the most frequent first. The work grows with the square of it."
LENGTH_COMPARED = 200
"Characters of a text to compare."


@dataclass(frozen=True, slots=True)
class OtherText:
    """One text as it was written, and how many people and models wrote it."""

    text: str
    people: int
    models: int
    dialogues: tuple[str, ...] = ()
    "External ids of items."

    @property
    def count(self) -> int:
        """How many raters wrote this text."""
        return self.people + self.models


@dataclass(frozen=True, slots=True)
class Group:
    """Texts that probably mean the same, the most frequent first."""

    texts: tuple[OtherText, ...]

    @property
    def commonest(self) -> str:
        """The most frequent spelling."""
        return self.texts[0].text

    @property
    def people(self) -> int:
        """How many people wrote a text of the group."""
        return sum(each.people for each in self.texts)

    @property
    def models(self) -> int:
        """How many models wrote a text of the group."""
        return sum(each.models for each in self.texts)

    @property
    def count(self) -> int:
        return self.people + self.models

    @property
    def dialogues(self) -> list[str]:
        """External ids of the items, in alphabetical order."""
        return sorted({dialogue for each in self.texts for dialogue in each.dialogues})


@dataclass(frozen=True, slots=True)
class Grouping:
    """All texts in groups."""

    groups: tuple[Group, ...]
    "Largest first."
    not_compared: int
    "How many distinct texts were too rare to be compared; each of these is a group by itself."


def group_texts(texts: Iterable[OtherText], *, most: int = MOST_COMPARED) -> Grouping:
    """
    Group similar texts; the result does not depend on their order.

    :param most: how many distinct texts to compare, the most frequent first
    """
    same: dict[str, list[OtherText]] = defaultdict(list)
    for each in texts:
        same[ignore_case_and_spacing(each.text)].append(each)
    ranked = sorted(same, key=lambda text: (-sum(each.count for each in same[text]), text))
    compared, rare = ranked[:most], ranked[most:]
    merged = [*similar_groups(compared), *([text] for text in rare)]
    groups = (Group(tuple(sorted((each for text in texts for each in same[text]), key=by_count))) for texts in merged)
    return Grouping(tuple(sorted(groups, key=lambda group: (-group.count, group.commonest))), len(rare))


def ignore_case_and_spacing(text: str) -> str:
    """Return a text without differences of case and spacing."""
    return " ".join(text.casefold().split())


def by_count(text: OtherText) -> tuple[int, str]:
    """Sort key: the most frequent first, then in alphabetical order."""
    return -text.count, text.text


def similar_groups(texts: Sequence[str]) -> list[list[str]]:
    """Return the connected components of the texts, where similar texts are connected (union-find)."""
    import numpy as np  # here, so that commands which only export start without it
    from rapidfuzz import fuzz, process

    if not texts:
        return []
    # This is fuzz.token_sort_ratio, but sorts the words of a text once, not once for each pair.
    cut = [" ".join(sorted(text[:LENGTH_COMPARED].split())) for text in texts]
    scores = process.cdist(cut, cut, scorer=fuzz.ratio, score_cutoff=SIMILAR, dtype=np.uint8)
    parent = list(range(len(texts)))

    def root_of(at: int) -> int:
        while parent[at] != at:
            parent[at] = at = parent[parent[at]]
        return at

    for first, second in zip(*(indices.tolist() for indices in np.nonzero(np.triu(scores, 1))), strict=True):
        parent[root_of(second)] = root_of(first)
    joined: dict[int, list[str]] = defaultdict(list)
    for at, text in enumerate(texts):
        joined[root_of(at)].append(text)
    return list(joined.values())
