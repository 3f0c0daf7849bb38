"""Votes of people on one label field as answers that can be compared. Pure, on numpy arrays."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from quality.statistics.profiles import Codes, Numbers
from quality.statistics.scores import Flags

SAFE, UNSAFE, FIRST_CATEGORY = 0, 1, 2
"Codes of answers: safe, unsafe without a category, and from 2 on unsafe with that category."
NOBODY = -1


@dataclass(frozen=True)
class Votes:
    """Votes of people, one a person and item, ordered by item; arrays of shape (votes,)."""

    item: Codes
    person: Codes
    answer: Codes
    "0 for safe, 1 for unsafe without a category, 2 and more for a category."
    version: Codes
    "Index of the version of the guideline, rising with time; -1 where it is not known."
    seconds: Numbers
    "How long the person took; NaN where it is not known."
    source: Codes
    "Index of the source of the item."

    @cached_property
    def items(self) -> "Items":
        """The items with votes of two people or more."""
        return items_of(self)

    @cached_property
    def others(self) -> Codes:
        """What most of the others on the item answer, two at least, or -1 if nothing: shape (votes,)."""
        return majority_of_others(self)

    @cached_property
    def deviates(self) -> Flags:
        """Whether the vote differs from what most of the others answer: shape (votes,)."""
        deviates: Flags = (self.others != NOBODY) & (self.others != self.answer)
        return deviates


@dataclass(frozen=True)
class Items:
    """Items with votes of two people or more; arrays of shape (items,)."""

    item: Codes
    size: Codes
    "How many people voted."
    contested: Flags
    "Whether not all of them answer alike."
    majority: Codes
    "What more than half of them answer, two at least; -1 if nothing."
    source: Codes
    version: Codes
    "The version of the guideline under which all of them voted; -1 if under several, or if it is not known."
    cells: "Cells"

    def has(self, answer: int) -> Flags:
        """Return on which items somebody gives an answer: shape (items,)."""
        found = np.zeros(len(self.item), dtype=bool)
        found[self.cells.row[self.cells.answer == answer]] = True
        return found


@dataclass(frozen=True)
class Cells:
    """How many people gave an answer on an item; arrays of shape (cells,), ordered by item, most frequent first."""

    row: Codes
    "Index of the item in the arrays of `Items`."
    answer: Codes
    count: Codes


def items_of(votes: Votes) -> Items:
    """Return the items with votes of two people or more."""
    item, first, size = np.unique(votes.item, return_index=True, return_counts=True)
    kept, version = size > 1, shared_version(votes.version, first)
    item, first, size, version = item[kept], first[kept], size[kept], version[kept]
    cells = cells_of(votes, item)
    heads = np.searchsorted(cells.row, np.arange(len(item)))
    top = cells.count[heads]
    return Items(
        item=item,
        size=size,
        contested=top < size,
        majority=np.where((top * 2 > size) & (top > 1), cells.answer[heads], NOBODY),
        source=votes.source[first],
        version=version,
        cells=cells,
    )


def shared_version(version: Codes, first: Codes) -> Codes:
    """
    Return the version under which all votes on an item were cast, or -1: shape (items,).

    :param first: shape (items,), where the votes on each item begin
    """
    if not len(first):
        return first
    lowest, highest = np.minimum.reduceat(version, first), np.maximum.reduceat(version, first)
    return np.where(lowest == highest, lowest, NOBODY)


def cells_of(votes: Votes, item: Codes) -> Cells:
    """Return how many people gave each answer on the items `item`, which rise."""
    kept = np.isin(votes.item, item)
    pairs = np.stack([np.searchsorted(item, votes.item[kept]), votes.answer[kept]])
    (row, answer), count = np.unique(pairs, axis=1, return_counts=True)
    order = np.lexsort((answer, -count, row))
    return Cells(row[order], answer[order], count[order])


def majority_of_others(votes: Votes) -> Codes:
    """Return, for each vote, what more than half of the others on the item answer, two at least; or -1: (votes,)."""
    items = votes.items
    row = np.searchsorted(items.item, votes.item)
    known = np.isin(votes.item, items.item)
    found = np.full(len(votes.item), NOBODY)
    heads = np.searchsorted(items.cells.row, np.arange(len(items.item)))
    ends = np.append(heads[1:], len(items.cells.row))
    for place in (0, 1):  # what is asked for is among the two most frequent answers
        at = heads[row[known]] + place
        exists = at < ends[row[known]]
        at = np.minimum(at, len(items.cells.row) - 1)
        answer = items.cells.answer[at]
        count = items.cells.count[at] - (answer == votes.answer[known])
        leads = exists & (count * 2 > items.size[row[known]] - 1) & (count > 1)
        found[known] = np.where(leads, answer, found[known])
    return found


def main_categories(item: Codes, vote: Codes, category: Codes, votes: int) -> Codes:
    """
    Return of the categories that each vote names the one that most votes on the item name: shape (votes,), -1 for none.

    So two votes that share a category are not told to differ for what one of them names besides.

    :param item: shape (named,), the item of each category that a vote names
    :param vote: shape (named,), index of the vote
    :param category: shape (named,), 0 or more; where two are named as often, the smaller one is taken
    """
    _, pair, count = np.unique(np.stack([item, category]), axis=1, return_inverse=True, return_counts=True)
    order = np.lexsort((category, -count[pair.ravel()], vote))
    found = np.full(votes, NOBODY)
    named, first = np.unique(vote[order], return_index=True)
    found[named] = category[order][first]
    return found
