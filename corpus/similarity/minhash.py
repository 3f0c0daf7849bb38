"""
Find texts that are probably alike, by MinHash and bands of it. Pure.

Two texts agree in one number of their signatures with a probability equal to their Jaccard index, so they agree in all
ROWS numbers of one of BANDS bands with probability 1 - (1 - index ** ROWS) ** BANDS: 0.998 at 0.65, 0.23 at 0.3 and
0.003 at 0.1. (Broder 1997; Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3)
"""

from collections.abc import Iterator

import numpy as np

from corpus.similarity.pairs import Array, PairSets, mixed

BANDS, ROWS = 32, 4
NEIGHBOURS = 8
"With how many that follow it a text is compared at most among those that share a band."
OF_KEY, OF_NEXT = np.uint64(40), np.uint64(24)
"Bits of the key of a band that texts are sorted by, and then of that of the next band: one number sorts faster."
SEED = 20_251


def signatures(sets: PairSets) -> Array:
    """Return the signature of each text: BANDS * ROWS numbers of 32 bits."""
    made = np.empty((len(sets.counts), BANDS * ROWS), np.uint32)
    if not len(made):
        return made
    dice = np.random.Generator(np.random.PCG64(SEED))
    factors = dice.integers(0, 2**63, size=(2, BANDS * ROWS), dtype=np.uint64) | np.uint64(1)
    pairs, starts = sets.pairs.astype(np.uint64), sets.starts
    for column, (factor, summand) in enumerate(factors.T):
        hashes = (pairs * factor + summand) >> np.uint64(32)
        made[:, column] = np.minimum.reduceat(hashes, starts)
    return made


def couples(signed: Array) -> Iterator[tuple[Array, Array]]:
    """
    Yield couples of texts that agree in a band, band by band, as numbers of the first and of the second.

    Where very many share a band, each comes with its NEIGHBOURS alone, the most alike by the next band.
    """
    keys = [band_key(signed, band) for band in range(BANDS)]
    for band, key in enumerate(keys):
        nearness = keys[(band + 1) % BANDS] >> OF_KEY
        order = np.argsort(key >> OF_NEXT << OF_NEXT | nearness, kind="stable")
        key_in_order = key[order] >> OF_NEXT
        first, second = [], []
        for step in range(1, NEIGHBOURS + 1):
            places = np.flatnonzero(key_in_order[step:] == key_in_order[:-step])
            if not len(places):
                break
            first.append(order[places])
            second.append(order[places + step])
        if first:
            yield np.concatenate(first), np.concatenate(second)


def band_key(signed: Array, band: int) -> Array:
    """Return a number of 64 bits for each text that texts share if they agree in a band."""
    key = np.zeros(len(signed), np.uint64)
    for column in range(band * ROWS, (band + 1) * ROWS):
        key = mixed(key * np.uint64(0x9E3779B97F4A7C15) + signed[:, column] + np.uint64(1))
    return key


def agreement(signed: Array, left: Array, right: Array) -> Array:
    """Return the share of equal numbers in the signatures of couples of texts: an estimate of their Jaccard index."""
    parts = range(0, len(left), 100_000)
    found = [(signed[left[at : at + 100_000]] == signed[right[at : at + 100_000]]).mean(axis=1) for at in parts]
    return np.concatenate(found) if found else np.empty(0)
