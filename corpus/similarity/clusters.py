"""
Put near-duplicates among many texts into clusters. Pure.

Two texts are near-duplicates if the Jaccard index of their pairs of neighbouring words is THRESHOLD or more. Up to one
word in ten replaced leaves more: (0.9 - 0.1) / (0.9 + 0.3) = 0.667 for a long text, and more for a short one, but for
texts that repeat themselves. A cluster holds all texts that a chain of near-duplicates connects. A chain that connects
very many is cut: its texts are clustered again with a stricter threshold.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from corpus.similarity.minhash import agreement, couples, signatures
from corpus.similarity.pairs import Array, PairSets, WordHashes, joined, pair_sets, similarities
from corpus.similarity.rules import MOST_SHARE, MOST_TEXTS, STRICTER, THRESHOLD
from corpus.similarity.words import text_key, words_of

SLACK = 0.15
"How far the estimate may be below the threshold for a couple to be compared exactly: 3.5 standard deviations."
BATCH = 2_000
BATCH_CHARACTERS = 4_000_000


@dataclass
class Clusters:
    """The clusters of a list of texts."""

    keys: list[bytes]
    "Of each text that of its cluster: the hash of the words of the first text in it, 16 bytes."
    cut: int = 0
    "How many chains were cut."


@dataclass
class TextSets:
    """Different texts that were read, and which of them each text is."""

    number_of: list[int] = field(default_factory=list)
    keys: dict[bytes, int] = field(default_factory=dict)
    "The number of each different text by the hash of its words, in the order of their first appearance."
    parts: list[PairSets] = field(default_factory=list)
    signed: list[Array] = field(default_factory=list)
    hashes: WordHashes = field(default_factory=WordHashes)
    waiting: list[list[str]] = field(default_factory=list)
    characters: int = 0

    def add(self, text: str) -> None:
        """Read a text."""
        words = words_of(text)
        known = len(self.keys)
        number = self.keys.setdefault(text_key(words), known)
        self.number_of.append(number)
        if number == known:
            self.waiting.append(words)
            self.characters += len(text)
            if len(self.waiting) == BATCH or self.characters >= BATCH_CHARACTERS:
                self.flush()

    def flush(self) -> None:
        """Turn the texts that wait into sets of pairs."""
        if self.waiting:
            self.parts.append(pair_sets(self.waiting, self.hashes))
            self.signed.append(signatures(self.parts[-1]))
            self.waiting, self.characters = [], 0

    def finish(self) -> tuple[PairSets, Array]:
        """Return the pairs and the signatures of all different texts, and forget what made them."""
        self.flush()
        self.hashes.clear()
        sets = joined(self.parts)
        signed = np.concatenate(self.signed) if self.signed else signatures(sets)
        self.parts, self.signed = [], []
        return sets, signed


def find_clusters(texts: Iterable[str]) -> Clusters:
    """
    Return the clusters of texts, which are read once and not held.

    A cluster is known by its first text, so it stays the same while texts are added after it. It takes about 2 KB a
    text, and 6 KB at most.
    """
    read = TextSets()
    for text in texts:
        read.add(text)
    sets, signed = read.finish()
    every = np.arange(len(sets.counts))
    labels, cut = labelled(sets, signed, every, (THRESHOLD, *STRICTER), most_texts(len(every)))
    first = first_of_each(labels)
    keys = list(read.keys)
    return Clusters([keys[first[number]] for number in read.number_of], cut)


def most_texts(texts: int) -> int:
    """Return how many texts of so many a cluster may have before it counts as a chain."""
    return max(MOST_TEXTS, int(texts * MOST_SHARE))


def labelled(sets: PairSets, signed: Array, chosen: Array, thresholds: Sequence[float], most: int) -> tuple[Array, int]:
    """
    Return for each chosen text the number of its cluster, and how many chains were cut.

    :param chosen: numbers of texts
    :param thresholds: the first, and those for clusters of more than `most` texts
    """
    labels, cut = connected(sets, signed, chosen, thresholds[0]), 0
    if len(thresholds) == 1:
        return labels, 0
    sizes = np.bincount(labels, minlength=1)
    for large in np.flatnonzero(sizes > most):
        places = np.flatnonzero(labels == large)
        within, more = labelled(sets, signed, chosen[places], thresholds[1:], most)
        cut += more + bool(within.any())
        labels[places] = np.where(within == 0, large, within + labels.max())
    return labels, cut


def connected(sets: PairSets, signed: Array, chosen: Array, threshold: float) -> Array:
    """Return for each chosen text the number of the part of it that near-duplicates connect, from 0 on."""
    mine, roots = signed[chosen], np.arange(len(chosen))
    for first, second in couples(mine):
        apart = roots[first] != roots[second]
        left, right = first[apart], second[apart]
        likely = agreement(mine, left, right) >= threshold - SLACK
        left, right = left[likely], right[likely]
        alike = similarities(sets, chosen[left], chosen[right]) >= threshold
        if alike.any():
            roots = united(roots, left[alike], right[alike])
    return np.unique(roots, return_inverse=True)[1]


def united(roots: Array, left: Array, right: Array) -> Array:
    """
    Return the first text of the part of each text, once couples of texts are connected.

    :param roots: as before
    """
    parents = roots.tolist()
    for one, other in zip(left.tolist(), right.tolist(), strict=True):
        while parents[one] != one:
            parents[one] = one = parents[parents[one]]
        while parents[other] != other:
            parents[other] = other = parents[parents[other]]
        parents[max(one, other)] = min(one, other)
    joined_roots = np.array(parents)
    while (joined_roots != joined_roots[joined_roots]).any():
        joined_roots = joined_roots[joined_roots]
    return joined_roots


def first_of_each(labels: Array) -> Array:
    """Return for each text the first text with the same label."""
    _, first, places = np.unique(labels, return_index=True, return_inverse=True)
    return np.asarray(first[places])


def similarity(one: str, other: str) -> float:
    """Return the Jaccard index of the pairs of words of two texts, 0 to 1."""
    return similarity_to(one, [other])[0]


def similarity_to(text: str, others: Sequence[str]) -> list[float]:
    """Return the Jaccard index of the pairs of words of a text and each of others, 0 to 1."""
    sets = pair_sets([words_of(each) for each in (text, *others)], WordHashes())
    second = np.arange(1, len(others) + 1)
    return [float(share) for share in similarities(sets, np.zeros(len(others), np.int64), second)]
