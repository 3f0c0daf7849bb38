"""Find the near-duplicates of texts among a list of reference texts, such as the cases of a benchmark. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from corpus.similarity.clusters import SLACK, TextSets
from corpus.similarity.minhash import BANDS, agreement, band_key, signatures
from corpus.similarity.pairs import Array, WordHashes, joined, pair_sets, similarities
from corpus.similarity.rules import THRESHOLD
from corpus.similarity.words import words_of

MOST_COMPARED = 20
"With how many references that share a band a text is compared at most."


@dataclass(frozen=True)
class Match:
    """The reference that is most like a text."""

    reference: int
    "Its number in the list."
    similarity: float
    "The Jaccard index of their pairs of words: THRESHOLD to 1, which equal texts have."


class References:
    """Reference texts, ready to be compared with others. They take about 1 KB each."""

    def __init__(self, texts: Iterable[str]) -> None:
        read = TextSets()
        for text in texts:
            read.add(text)
        self.sets, self.signed = read.finish()
        _, self.first = np.unique(np.array(read.number_of, np.int64), return_index=True)
        self.hashes = WordHashes()
        keys = [band_key(self.signed, band) for band in range(BANDS)]
        self.orders = [np.argsort(key, kind="stable") for key in keys]
        self.keys = [key[order] for key, order in zip(keys, self.orders, strict=True)]

    def matches(self, texts: Sequence[str]) -> list[Match | None]:
        """Return for each text the reference that is most like it, or None where none is a near-duplicate."""
        best: list[Match | None] = [None] * len(texts)
        if not len(self.first) or not texts:
            return best
        own = pair_sets([words_of(text) for text in texts], self.hashes)
        signed, known = np.concatenate([self.signed, signatures(own)]), len(self.first)
        left, right = self.couples(signed[known:])
        likely = agreement(signed, left, right + known) >= THRESHOLD - SLACK
        left, right = left[likely], right[likely]
        found = similarities(joined([self.sets, own]), left, right + known)
        for at in np.argsort(found, kind="stable"):
            if found[at] >= THRESHOLD:
                best[right[at]] = Match(int(self.first[left[at]]), float(found[at]))
        return best

    def couples(self, signed: Array) -> tuple[Array, Array]:
        """Return couples that share a band, each once: numbers of references, and of texts with these signatures."""
        couples = [np.empty(0, np.int64)]
        for band in range(BANDS):
            key = band_key(signed, band)
            begins = np.searchsorted(self.keys[band], key, "left")
            counts = np.minimum(np.searchsorted(self.keys[band], key, "right") - begins, MOST_COMPARED)
            texts = np.repeat(np.arange(len(signed)), counts)
            within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
            couples.append(self.orders[band][begins[texts] + within] * len(signed) + texts)
        every = np.unique(np.concatenate(couples))
        return every // max(len(signed), 1), every % max(len(signed), 1)
