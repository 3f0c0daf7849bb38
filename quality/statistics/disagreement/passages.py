"""Unclear passages of a category's definition: people differ more on the items near one. Pure, on numpy arrays."""

from dataclasses import dataclass

import numpy as np

from quality.statistics.disagreement.exact import Tail, exact_tail
from quality.statistics.disagreement.rules import strata
from quality.statistics.disagreement.votes import NOBODY, Items
from quality.statistics.profiles import Codes, Numbers
from quality.statistics.scores import Flags

FEWEST_NEAR = 5
"Items near a passage that a comparison needs, and as many others of its category."


@dataclass(frozen=True)
class Passages:
    """Passages of the definitions, and the one that each item is nearest to by its words."""

    category: Codes
    "Shape (passages,): the code of the category that each is of."
    near: Codes
    "Shape (items,): index of a passage of the category that most people say, or -1."


@dataclass(frozen=True)
class UnclearPassage:
    """Of the items of category `a`, people differ more on those near a passage than on the others."""

    a: int
    b: int
    "What is said most besides, on the items near the passage; -1 if nothing."
    passage: int
    test: Tail
    share: float
    "Of the items near the passage, those on which people differ."
    elsewhere: float
    "The same of other items of the category."


def unclear_passages(items: Items, passages: Passages | None) -> list[UnclearPassage]:
    """
    Test every passage against the other items of its category.

    Which passage an item is near follows from its text alone. So, given how many items of a category people differ on,
    by the number of votes, the count near one passage is hypergeometric if it does not matter what they are about. A
    test is made even where people differ on nothing near the passage, as it counts among the tests (`significant`).
    """
    if passages is None:
        return []
    found = []
    for at, a in enumerate(passages.category.tolist()):
        here, there = near_and_other(items, passages, at)
        if min(here.sum(), there.sum()) >= FEWEST_NEAR:
            test = exact_tail(strata(items.size, here, there, items.contested))
            shares = (float(items.contested[each].mean()) for each in (here, there))
            found.append(UnclearPassage(a, other_answer(items, here, a), at, test, *shares))
    return found


def near_and_other(items: Items, passages: Passages, at: int) -> tuple[Flags, Flags]:
    """Return the items of its category that are near a passage, and the others: shape (items,) both."""
    of_category = items.majority == passages.category[at]
    near = passages.near == at
    return of_category & near, of_category & ~near


def other_answer(items: Items, here: Flags, a: int) -> int:
    """Return the answer other than `a` that is given on most of some items, or -1 if none is."""
    cells = items.cells
    answers, count = np.unique(cells.answer[here[cells.row] & (cells.answer != a)], return_counts=True)
    return int(answers[np.argmax(count)]) if len(answers) else NOBODY


def nearest(category: Codes, words: list[set[int]], majority: Codes, item_words: Codes) -> Codes:
    """
    Return the passage that each item is nearest to, of the category that most people say: shape (items,); -1 for none.

    The cosine of the words they share, each once, weighted by how few items have it (G. Salton and C. Buckley,
    "Term-weighting approaches in automatic text retrieval", 1988). An item as near to two passages is near none.

    :param category: shape (passages,); `words`: of each passage, as numbers from 0
    :param majority: shape (items,), the category that most people say, or another number
    :param item_words: shape (2, pairs): an item by index, and a word that it has, each pair once
    """
    size = 1 + max((word for each in words for word in each), default=-1)
    weight = rarity(item_words[1], size, len(majority))
    scores = np.zeros((len(words) + 1, len(majority)))  # the last row so that there always is a second
    for at, own in enumerate(words):
        of_passage = np.zeros(size)
        of_passage[list(own)] = weight[list(own)]
        length = np.sqrt((of_passage**2).sum()) or 1.0
        shared = np.bincount(item_words[0], weights=weight[item_words[1]] * of_passage[item_words[1]])
        scores[at, : len(shared)] = shared / length
        scores[at, majority != category[at]] = 0
    second, first = np.sort(scores, axis=0)[-2:] if len(words) else (scores[0], scores[0])
    return np.where(first > second + 1e-9, scores.argmax(axis=0), NOBODY)


def rarity(word: Codes, size: int, items: int) -> Numbers:
    """Return how much each word counts: the logarithm of how many times fewer items have it than there are."""
    has = np.bincount(word, minlength=size)
    weights: Numbers = np.log(max(items, 1) / np.maximum(has, 1))
    return weights
