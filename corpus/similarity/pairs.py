"""
Texts as sets of hashed pairs of neighbouring words, and how alike two such sets are. Pure.

The ends of a text count as words, so a text of n words has n + 1 pairs at most. A pair is a number of 32 bits.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, TypeAlias

import numpy as np

MOST_PAIRS = 1_000
"Of a text with more different pairs, those with the smallest hashes stand for all: a sample that texts share."
MOST_REMEMBERED = 2_000_000
"Hashes of words that are remembered at most, about 250 MB of them."
COMPARED_AT_ONCE = 20_000
END = 0x9E3779B97F4A7C15
"What stands for the ends of a text."
Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"


@dataclass(frozen=True)
class PairSets:
    """The pairs of many texts, one text after the other, sorted within each."""

    pairs: Array
    "uint32."
    counts: Array
    "Of each text: int64, 1 to MOST_PAIRS."

    @property
    def starts(self) -> Array:
        """The place of the first pair of each text."""
        return np.concatenate(([0], np.cumsum(self.counts)[:-1])).astype(np.int64)

    @property
    def limits(self) -> Array:
        """The largest hash that would have been kept of each text: uint32."""
        last = self.pairs[self.starts + self.counts - 1]
        return np.where(self.counts < MOST_PAIRS, np.uint32(2**32 - 1), last)


class WordHashes(dict[str, int]):
    """A hash of 64 bits for each word, the same in every process."""

    def __missing__(self, word: str) -> int:
        """Hash a word that is met for the first time."""
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        digest = blake2b(word.encode(errors="surrogatepass"), digest_size=8).digest()
        self[word] = value = int.from_bytes(digest, "little")
        return value


def pair_sets(texts: Iterable[Sequence[str]], hashes: WordHashes) -> PairSets:
    """
    Return the pairs of texts, which are at hand at once: pass a batch of them.

    :param texts: the words of each
    """
    words, counts = [END], []
    for text in texts:
        words += map(hashes.__getitem__, text)
        words.append(END)
        counts.append(len(text) + 1)
    numbers = np.array(words, dtype=np.uint64)
    pairs = mixed(numbers[:-1] * np.uint64(0xBF58476D1CE4E5B9) + numbers[1:]) >> np.uint64(32)
    text_of = np.repeat(np.arange(len(counts), dtype=np.uint64), counts)
    numbered = np.sort(text_of << np.uint64(32) | pairs)  # not np.unique, which takes three times as long
    is_new = np.concatenate(([True], numbered[1:] != numbered[:-1]))
    return smallest(numbered[is_new], len(counts))


def mixed(numbers: Array) -> Array:
    """Return numbers of 64 bits with their bits mixed, as the finalizer of SplitMix64 does."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(numbers ^ (numbers >> np.uint64(31)))


def smallest(different: Array, texts: int) -> PairSets:
    """
    Return the MOST_PAIRS smallest pairs of each text.

    :param different: number of the text and pair in one number, sorted
    """
    text_of = (different >> np.uint64(32)).astype(np.int64)
    counts = np.bincount(text_of, minlength=texts)
    starts = np.cumsum(counts) - counts
    kept = np.arange(len(different)) - starts[text_of] < MOST_PAIRS
    return PairSets(different[kept].astype(np.uint32), np.minimum(counts, MOST_PAIRS))


def joined(parts: Sequence[PairSets]) -> PairSets:
    """Return batches of texts as one."""
    return PairSets(
        np.concatenate([part.pairs for part in parts]) if parts else np.empty(0, np.uint32),
        np.concatenate([part.counts for part in parts]) if parts else np.empty(0, np.int64),
    )


def similarities(sets: PairSets, left: Array, right: Array) -> Array:
    """
    Return the Jaccard index of couples of texts: pairs of words that both have, of those that one has, 0 to 1.

    It is exact up to MOST_PAIRS pairs; of longer texts it is estimated from the part of the hashes that both kept, with
    a standard deviation below 0.016 (Broder's bottom-k sketch).

    :param left: numbers of texts
    :param right: of as many
    """
    found = [
        compared(sets, left[at : at + COMPARED_AT_ONCE], right[at : at + COMPARED_AT_ONCE])
        for at in range(0, len(left), COMPARED_AT_ONCE)
    ]
    return np.concatenate(found) if found else np.empty(0)


def compared(sets: PairSets, left: Array, right: Array) -> Array:
    """Return the Jaccard index of a few couples of texts."""
    limits = sets.limits
    bounds = np.minimum(limits[left], limits[right])
    both = np.sort(np.concatenate([numbered_pairs(sets, side, bounds) for side in (left, right)]))
    is_second = both[1:] == both[:-1]
    in_both = np.bincount((both[1:][is_second] >> np.uint64(32)).astype(np.int64), minlength=len(left))
    in_all = np.bincount((both >> np.uint64(32)).astype(np.int64), minlength=len(left)) - in_both
    return np.asarray(in_both / np.maximum(in_all, 1))


def numbered_pairs(sets: PairSets, texts: Array, bounds: Array) -> Array:
    """Return the pairs of texts up to a bound of each, with the place in the list of texts in the upper 32 bits."""
    counts = sets.counts[texts]
    place = np.repeat(np.arange(len(texts)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    pairs = sets.pairs[sets.starts[texts][place] + within]
    kept = pairs <= bounds[place]
    return np.asarray(place[kept].astype(np.uint64) << np.uint64(32) | pairs[kept])
