"""What opinions called `other`, gathered by what was probably meant. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ALIKE = 85
"Likeness, of 100, from which two texts count as one: a slip or an ending apart, words in any order."
MOST_COMPARED = 2_000
"Every pair is compared, so there is a limit; the commonest come first."
LENGTH_COMPARED = 200
"Characters of a text that are looked at."


@dataclass(frozen=True, slots=True)
class OtherText:
    """One text as it was written, and by how many."""

    text: str
    people: int
    models: int
    dialogues: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return self.people + self.models


@dataclass(frozen=True, slots=True)
class Group:
    """Texts that probably mean the same, commonest first."""

    texts: tuple[OtherText, ...]

    @property
    def commonest(self) -> str:
        return self.texts[0].text

    @property
    def people(self) -> int:
        return sum(each.people for each in self.texts)

    @property
    def models(self) -> int:
        return sum(each.models for each in self.texts)

    @property
    def count(self) -> int:
        return self.people + self.models

    @property
    def dialogues(self) -> list[str]:
        return sorted({dialogue for each in self.texts for dialogue in each.dialogues})


@dataclass(frozen=True, slots=True)
class Grouping:
    groups: tuple[Group, ...]
    "Largest first."
    not_compared: int
    "How many distinct texts were too rare to be compared; each of these stands alone."


def group_texts(texts: Iterable[OtherText], *, most: int = MOST_COMPARED) -> Grouping:
    """Put nearly equal texts together; the order they come in makes no difference."""
    same: dict[str, list[OtherText]] = defaultdict(list)
    for each in texts:
        same[squash(each.text)].append(each)
    ranked = sorted(same, key=lambda text: (-sum(each.count for each in same[text]), text))
    compared, rare = ranked[:most], ranked[most:]
    merged = [*near_equal(compared), *([text] for text in rare)]
    groups = (Group(tuple(sorted((each for text in texts for each in same[text]), key=by_count))) for texts in merged)
    return Grouping(tuple(sorted(groups, key=lambda group: (-group.count, group.commonest))), len(rare))


def squash(text: str) -> str:
    """Take away what nobody means by a difference: case and spacing."""
    return " ".join(text.casefold().split())


def by_count(text: OtherText) -> tuple[int, str]:
    return -text.count, text.text


def near_equal(texts: Sequence[str]) -> list[list[str]]:
    """Join every pair that is alike, and whatever hangs together by such pairs."""
    import numpy as np  # not above: what only exports need not wait for it
    from rapidfuzz import fuzz, process

    if not texts:
        return []
    cut = [text[:LENGTH_COMPARED] for text in texts]
    likeness = process.cdist(cut, cut, scorer=fuzz.token_sort_ratio, score_cutoff=ALIKE, dtype=np.uint8)
    leader = list(range(len(texts)))

    def led_by(at: int) -> int:
        while leader[at] != at:
            leader[at] = at = leader[leader[at]]
        return at

    for one, other in zip(*(indices.tolist() for indices in np.nonzero(np.triu(likeness, 1))), strict=True):
        leader[led_by(other)] = led_by(one)
    joined: dict[int, list[str]] = defaultdict(list)
    for at, text in enumerate(texts):
        joined[led_by(at)].append(text)
    return list(joined.values())
