"""
Items grouped by their values. Pure, on numpy arrays.

Items that got the same values equally often form one *profile*. Profiles are sparse: their size grows with the number
of opinions, whatever the number of different values.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]
"Small whole numbers that stand for items, raters or values."
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Profiles:
    """Profiles of items in sparse form: a *cell* says how often the items of one profile got one value."""

    profile: Codes
    "Shape (cells,), rising."
    value: Codes
    "Shape (cells,), rising within a profile."
    count: Codes
    "Shape (cells,), 1 or more."
    of_item: Codes
    "Shape (items,): the profile of each item."

    @cached_property
    def items(self) -> Codes:
        """The number of items with each profile: shape (profiles,)."""
        return np.bincount(self.of_item)

    @cached_property
    def sizes(self) -> Codes:
        """The number of values that an item of each profile got: shape (profiles,)."""
        return self.sum_by_profile(self.profile, self.count).astype(np.int64)

    @cached_property
    def values(self) -> Codes:
        """The different values, rising: shape (values,)."""
        return np.unique(self.value)

    def sum_by_profile(self, profile: Codes, numbers: NDArray[np.generic]) -> Numbers:
        """Return the sum of some numbers by profile: shape (profiles,); both arrays have the same shape."""
        return np.bincount(profile, weights=numbers, minlength=len(self.items)).astype(np.float64)

    @cached_property
    def by_value(self) -> tuple[Codes, Numbers, Codes]:
        """Profile and count of the cells sorted by value, (cells,) each; and where each value starts, (values,)."""
        order = np.argsort(self.value, kind="stable")
        starts = np.flatnonzero(np.diff(self.value[order], prepend=-1))
        return self.profile[order], self.count[order].astype(np.float64), starts

    def uses(self, weights: Numbers) -> Numbers:
        """
        Return how often each of `values` was used in every draw: shape (draws, values).

        :param weights: shape (draws, profiles), how often each profile was drawn
        """
        profile, count, starts = self.by_value
        by_cell = np.take(weights, profile, axis=1)
        by_cell *= count
        # As one long row: numpy takes longer to sum many short ones.
        all_starts = np.arange(len(weights))[:, None] * len(profile) + starts
        used: Numbers = np.add.reduceat(by_cell.ravel(), all_starts.ravel()).reshape(all_starts.shape)
        return used

    def pairs(self) -> Iterator[tuple[Codes, Codes]]:
        """Yield every two cells of the same profile once, the earlier cell first, as indices in blocks of (cells,)."""
        last = np.searchsorted(self.profile, self.profile, side="right")
        first, distance = np.arange(len(self.profile)), 1
        while len(first := first[first + distance < last[first]]):
            yield first, first + distance
            distance += 1


def profiles_of(items: Codes, values: Codes) -> Profiles:
    """
    Group items by their values.

    :param items: shape (opinions,), in any order; items without an opinion have no profile
    :param values: shape (opinions,), 0 or more
    """
    count = 1 + int(values.max(initial=0))
    items, values = np.divmod(np.sort(items * count + values), count)
    starts = np.flatnonzero(np.diff(items, prepend=-1))
    sizes = np.diff(starts, append=len(items))
    example, of_item = group_runs(values, starts, sizes)
    profile = np.repeat(np.arange(len(example)), sizes[example])
    inside = np.arange(len(profile)) - np.repeat(np.cumsum(sizes[example]) - sizes[example], sizes[example])
    value = values[np.repeat(starts[example], sizes[example]) + inside]
    is_new = (np.diff(profile, prepend=-1) != 0) | (np.diff(value, prepend=-1) != 0)
    cells = np.flatnonzero(is_new)
    return Profiles(profile[cells], value[cells], np.diff(cells, append=len(value)), of_item)


def group_runs(codes: Codes, starts: Codes, sizes: Codes) -> tuple[Codes, Codes]:
    """
    Group runs of codes that are equal, element by element.

    :param codes: shape (codes,), 0 or more, rising within each run
    :param starts: shape (runs,), where each run starts; `sizes`: how long it is, 1 or more
    :return: a run of each group, (groups,); and the group of every run, (runs,)
    """
    if not len(starts):
        return starts, starts
    hashes = np.random.default_rng(0).integers(1, 2**63, size=int(codes.max(initial=0)) + 1, dtype=np.uint64)
    _, first, group_of = np.unique(np.add.reduceat(hashes[codes], starts), return_index=True, return_inverse=True)
    # Equal runs have the same sum of hashes. Others hardly ever do, so check.
    if all_equal(codes, starts, sizes, first[group_of]):
        return first, group_of
    return np.arange(len(starts)), np.arange(len(starts))


def all_equal(codes: Codes, starts: Codes, sizes: Codes, examples: Codes) -> bool:
    """
    Return whether every run has the same codes as its example, compared place by place to save memory.

    :param codes: shape (codes,)
    :param starts: shape (runs,), where each run starts; `sizes`: how long it is
    :param examples: shape (runs,), the run that each is compared with
    """
    if not (sizes == sizes[examples]).all():
        return False
    for place in range(int(sizes.max(initial=0))):
        has = np.flatnonzero(sizes > place)
        if not (codes[starts[has] + place] == codes[starts[examples[has]] + place]).all():
            return False
    return True
