"""Unclear rules: answers that are confused more than others, and categories that were until their text changed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from quality.statistics.disagreement.exact import Stratum, Tail, exact_tail
from quality.statistics.disagreement.votes import FIRST_CATEGORY, Items
from quality.statistics.profiles import Codes
from quality.statistics.scores import Flags

FEWEST = 10
"Items of a category that a comparison needs, on either side."


@dataclass(frozen=True)
class Confusion:
    """Where most people say category `a`, others answer `b` more often than where most say another category."""

    a: int
    b: int
    test: Tail
    share: float
    "Of the items of `a`, those with an answer `b`."
    elsewhere: float
    "The same of items of other categories."


@dataclass(frozen=True)
class Change:
    """People differ on category `a` less often since a version of the guideline that changed its text."""

    a: int
    version: int
    "Index of the version that came later."
    test: Tail
    before: float
    "The share of items with the category on which people differ about it, under the version before."
    after: float


def confusions(items: Items) -> list[Confusion]:
    """
    Test every category against every other answer.

    Given how many items each category has and how many of all are confused with `b`, by the number of votes on an item,
    the count for one category is hypergeometric if all are confused alike. A test is made even where nothing is
    confused, as it counts among the tests (`significant`).
    """
    of_category = items.majority >= FIRST_CATEGORY
    found = []
    for b in np.unique(items.cells.answer):
        with_b = items.has(int(b))
        for a in np.unique(items.majority[of_category & (items.majority != b)]):
            here = items.majority == a
            there = of_category & ~here & (items.majority != b)
            if min(here.sum(), there.sum()) >= FEWEST:
                found.append(confusion(items, (int(a), int(b)), here, there, with_b))
    return found


def confusion(items: Items, pair: tuple[int, int], here: Flags, there: Flags, with_b: Flags) -> Confusion:
    """Return the test of a category `here` against others `there`: shape (items,) each."""
    test = exact_tail(strata(items.size, here, there, with_b))
    return Confusion(*pair, test, float(with_b[here].mean()), float(with_b[there].mean()))


def changes(items: Items, changed: Mapping[int, Iterable[int]]) -> list[Change]:
    """
    Test whether people differ less since a version of the guideline, for each category whose text it changed.

    Items with the category, all of whose votes were cast under the version, are compared with those under the version
    before, by source and number of votes.

    :param changed: the categories whose text a version changed, by the index of the version
    """
    found = []
    for version, answers in sorted(changed.items()):
        before, after = items.version == version - 1, items.version == version
        for a in sorted(answers):
            has = items.has(a)
            if min((has & before).sum(), (has & after).sum()) >= FEWEST:
                found.append(change(items, (a, version), has & before, has & after))
    return found


def change(items: Items, about: tuple[int, int], before: Flags, after: Flags) -> Change:
    """Return the test of one category and version; both masks have shape (items,)."""
    alike = items.size * (1 + items.source.max(initial=0)) + items.source
    test = exact_tail(strata(alike, before, after, items.contested))
    return Change(*about, test, float(items.contested[before].mean()), float(items.contested[after].mean()))


def strata(alike: Codes, first: Flags, second: Flags, having: Flags) -> Iterator[Stratum]:
    """
    Yield the counts of two groups of items by stratum.

    :param alike: shape (items,), the stratum; masks: the two groups, and which items have the property
    """
    for value in np.unique(alike[first]):
        one, other = first & (alike == value), second & (alike == value)
        yield int((having & one).sum()), int(one.sum()), int((having & other).sum()), int(other.sum())
