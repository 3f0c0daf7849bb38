"""How much of the disagreement each cause accounts for, with intervals. Pure, on numpy arrays."""

from dataclasses import dataclass

import numpy as np

from quality.statistics.bootstrap import CONFIDENCE, DRAWS, Estimate
from quality.statistics.disagreement.passages import UnclearPassage, near_and_other
from quality.statistics.disagreement.rules import Change, Confusion
from quality.statistics.disagreement.slips import Checks
from quality.statistics.disagreement.values import Split, follows_leans
from quality.statistics.disagreement.votes import FIRST_CATEGORY, Items
from quality.statistics.disagreement.why import Causes, Material
from quality.statistics.profiles import Codes, Numbers
from quality.statistics.scores import Flags

FEWEST_ITEMS = 30
FEWEST_CHECKS = 20
Found = Change | Split | UnclearPassage | Confusion
CELLS_AT_ONCE = 2_000_000
NO_CHECKS = "fewer than 20 repeats, and fewer than 20 answers on gold, so slips cannot be told from the rest"
TOO_FEW = "fewer than 30 dialogues have votes of two people"
NO_DISAGREEMENT = "people answer alike on all of them"
NONE_SHOWN = "none is shown, so there is no interval; what is too small to be shown is in the last row"
NOTHING_ELSE = "no cause is measured or shown"


@dataclass(frozen=True)
class Cause:
    """The items of one cause that was found."""

    cause: Found
    excess: Estimate
    "The share of the contested items that are so because of it."
    examples: Codes
    "Items on which people differ so, those that show it best first: shape (examples,)."


@dataclass(frozen=True)
class Sizes:
    """The shares of the contested items by cause; they add up to 1."""

    items: int
    "With votes of two people or more."
    contested: int
    slips: Estimate
    rules: Estimate
    values: Estimate
    rest: Estimate
    causes: list[Cause]
    checks: str
    "What slips are measured by: repeats, gold, or empty."


@dataclass(frozen=True)
class Excess:
    """What the excess of one cause is computed from; arrays of shape (items,)."""

    over: Numbers
    "Contested items of the cause; of leanings, how far each follows them."
    base: Numbers
    "Items that the cause is about."
    other: Numbers
    "Items it is compared with, and `other_over` the contested ones of these."
    other_over: Numbers

    def columns(self) -> list[Numbers]:
        """Return the arrays."""
        return [self.over, self.base, self.other, self.other_over]


def sizes(material: Material, causes: Causes, *, draws: int = DRAWS, seed: int = 0) -> Sizes:
    """
    Return how much of the disagreement each cause that was found accounts for.

    Of a cause, what counts is the excess over what it is compared with; of slips, what two answers of the same person
    would make. Intervals: percentiles over items drawn anew with replacement (B. Efron, 1979), and checks likewise; the
    causes stay those that were found.
    """
    items = material.votes.items
    if len(items.item) < FEWEST_ITEMS or not items.contested.any():
        reason = TOO_FEW if len(items.item) < FEWEST_ITEMS else NO_DISAGREEMENT
        return nothing(items, reason)
    found, parts = excesses(material, causes)
    columns = np.stack([items.contested.astype(float), *(each for part in parts for each in part.columns())], axis=1)
    checks, name = slip_checks(material, causes)
    dice = np.random.default_rng(seed)
    sums, sizes_drawn = drawn_sums(items.size, columns, draws, dice)
    slip = slip_rates(checks, name, draws, dice) if name else np.zeros(draws + 1)  # then they are in the rest
    shares = excess_shares(sums)
    is_rule = np.array([not isinstance(each, Split) for each in found], dtype=bool)
    rules, values = capped(shares[:, is_rule].sum(axis=1), shares[:, ~is_rule].sum(axis=1))
    slips = slip_shares(items.size, sizes_drawn, sums[:, 0], slip)
    rest, n = np.maximum(0, 1 - slips - rules - values), int(items.contested.sum())
    return Sizes(
        items=len(items.item),
        contested=n,
        slips=interval(slips, n, most=1 - rules[0] - values[0]) if name else Estimate(None, reason=NO_CHECKS),
        rules=interval(rules, n) if is_rule.any() else Estimate(0.0, reason=NONE_SHOWN),
        values=interval(values, n) if not is_rule.all() else Estimate(0.0, reason=NONE_SHOWN),
        rest=interval(rest, n) if found or name else Estimate(1.0, reason=NOTHING_ELSE),
        causes=[
            Cause(each, interval(shares[:, at], n), examples_of(items, part.over))
            for at, (each, part) in enumerate(zip(found, parts, strict=True))
        ],
        checks=name,
    )


def nothing(items: Items, reason: str) -> Sizes:
    """Return that nothing can be said, and why."""
    none = Estimate(None, reason=reason)
    return Sizes(len(items.item), int(items.contested.sum()), none, none, none, none, [], "")


def excesses(material: Material, causes: Causes) -> tuple[list[Found], list[Excess]]:
    """Return the causes of rules and values with what their excess is computed from. No contested item counts twice."""
    free = np.ones(len(material.votes.items.item), dtype=bool)
    found: list[Found] = [*causes.changes, *causes.splits, *causes.passages, *causes.confusions]
    parts = []
    for cause in found:
        part = excess_of(material, cause, free)
        free &= part.over == 0
        parts.append(part)
    return found, parts


def excess_of(material: Material, cause: Found, free: Flags) -> Excess:
    """Return what the excess of one cause is computed from, on items that no cause before has taken."""
    items = material.votes.items
    if isinstance(cause, Change):
        return change_excess(items, cause, free)
    if isinstance(cause, Split):
        return split_excess(material, cause, free)
    if isinstance(cause, UnclearPassage):
        return passage_excess(material, cause, free)
    return confusion_excess(items, cause, free)


def change_excess(items: Items, change: Change, free: Flags) -> Excess:
    """Return the items with the category under the version before, beside those under the version after."""
    has = items.has(change.a) & free
    before, after = has & (items.version == change.version - 1), has & (items.version == change.version)
    return Excess(*as_numbers(before & items.contested, before, after, after & items.contested))


def split_excess(material: Material, split: Split, free: Flags) -> Excess:
    """Return how far each contested item follows the leanings of its people; there is nothing to compare with."""
    items, nothing = material.votes.items, np.zeros(len(material.votes.items.item))
    item, follows = follows_leans(material.votes, material.leaning, split)
    over = nothing.copy()
    over[np.searchsorted(items.item, item)] = follows
    return Excess(over * free, nothing, nothing, nothing)


def passage_excess(material: Material, cause: UnclearPassage, free: Flags) -> Excess:
    """Return the items near the passage, beside the other items of its category."""
    items, passages = material.votes.items, material.passages
    if passages is None:
        raise ValueError("a passage was found among none")
    here, there = (each & free for each in near_and_other(items, passages, cause.passage))
    return Excess(*as_numbers(here & items.contested, here, there, there & items.contested))


def confusion_excess(items: Items, confusion: Confusion, free: Flags) -> Excess:
    """Return the items with both answers among those with the category, beside the same of other categories."""
    both = items.has(confusion.a) & items.has(confusion.b)
    kinds = [
        c for c in np.unique(items.cells.answer).tolist() if c >= FIRST_CATEGORY and c not in (confusion.a, confusion.b)
    ]
    other = sum((items.has(kind).astype(float) for kind in kinds), np.zeros(len(items.item))) * free
    over, base = as_numbers(both & free, items.has(confusion.a) & free)
    return Excess(over, base, other, other * items.has(confusion.b))


def as_numbers(*masks: Flags) -> list[Numbers]:
    """Return masks as numbers."""
    return [mask.astype(float) for mask in masks]


def slip_checks(material: Material, causes: Causes) -> tuple[Checks, str]:
    """Return what slips are measured by, without repeats with a category whose rule is or was unclear; and its name."""
    unclear = [each.a for found in (causes.confusions, causes.changes, causes.passages) for each in found]
    repeats = material.repeats
    repeats = repeats.only(~np.isin(repeats.answer, unclear) & ~np.isin(repeats.expected, unclear))
    for checks, name in ((repeats, "repeats"), (material.gold, "gold")):
        if len(checks.item) >= FEWEST_CHECKS:
            return checks, name
    return repeats, ""


def slip_rates(checks: Checks, name: str, draws: int, dice: np.random.Generator) -> Numbers:
    """
    Return the probability that an answer is a slip, as measured and in each draw: shape (1 + draws,).

    Two answers of the same person differ if one of them is a slip: in 2 e (1 - e) of the repeats. Gold shows e itself.
    The draws are of Jeffreys's distribution (L. D. Brown, T. T. Cai, A. DasGupta, 2001), which is no point where none
    differ.
    """
    n, differing = len(checks.item), int(checks.differs.sum())
    shares = np.concatenate([[differing / n], dice.beta(differing + 0.5, n - differing + 0.5, size=draws)])
    return shares if name == "gold" else (1 - np.sqrt(np.maximum(0, 1 - 2 * shares))) / 2


def drawn_sums(size: Codes, columns: Numbers, draws: int, dice: np.random.Generator) -> tuple[Numbers, Numbers]:
    """
    Return the sums of columns over the items as they are, and over draws of as many items.

    :param size: shape (items,), votes on each item; `columns`: shape (items, columns)
    :return: shapes (1 + draws, columns) and (1 + draws, sizes): the items of each size, in rising order
    """
    rows, count = np.unique(np.column_stack([size, columns]), axis=0, return_counts=True)
    by_size = (rows[:, :1] == np.unique(size)).astype(float)
    table = np.column_stack([rows[:, 1:], by_size])
    blocks, at_once = [count[None] @ table], max(1, CELLS_AT_ONCE // len(rows))
    for start in range(0, draws, at_once):
        weights = dice.multinomial(len(size), count / len(size), size=min(at_once, draws - start))
        blocks.append(weights @ table)
    sums = np.concatenate(blocks)
    return sums[:, : columns.shape[1]], sums[:, columns.shape[1] :]


def excess_shares(sums: Numbers) -> Numbers:
    """
    Return the excess of each cause as a share of the contested items, 0 at least: shape (1 + draws, causes).

    :param sums: contested items, then the sums of the four columns of each cause
    """
    over, base, other, other_over = np.moveaxis(sums[:, 1:].reshape(len(sums), -1, 4), 2, 0)
    expected = base * other_over / np.maximum(other, 1)
    shares: Numbers = np.maximum(0, over - expected) / np.maximum(sums[:, :1], 1)
    return shares


def capped(rules: Numbers, values: Numbers) -> tuple[Numbers, Numbers]:
    """Return both shares, smaller where together they would be more than all."""
    total = np.maximum(1, rules + values)
    return rules / total, values / total


def slip_shares(size: Codes, counts: Numbers, contested: Numbers, slip: Numbers) -> Numbers:
    """
    Return the share of contested items that slips alone would make, 1 at most: shape (1 + draws,).

    :param counts: shape (1 + draws, sizes), the items of each size
    :param contested: shape (1 + draws,), the contested items
    :param slip: shape (1 + draws,), how probable a slip is
    """
    sizes = np.unique(size)
    any_slip = 1 - (1 - slip[:, None]) ** sizes - slip[:, None] ** sizes
    shares: Numbers = np.minimum((counts * any_slip).sum(axis=1) / np.maximum(contested, 1), 1)
    return shares


def interval(shares: Numbers, contested: int, most: float = 1) -> Estimate:
    """
    Return the first of some shares, as far as there is room for it, with the percentile interval of the others.

    Where every draw gives none or all, the other end is the exact bound of C. J. Clopper and E. S. Pearson, 1934, for
    none or all of the contested items: drawing items anew can only give what was seen.
    """
    low, high = np.quantile(shares[1:], [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    value, bound = min(float(shares[0]), most), ((1 - CONFIDENCE) / 2) ** (1 / contested)
    low, high = (min(low, bound) if low == 1 else low), (max(high, 1 - bound) if high == 0 else high)
    return Estimate(value, min(value, float(low)), max(value, float(high)))


def examples_of(items: Items, over: Numbers, most: int = 5) -> Codes:
    """Return the items with the largest values above 0, by what is shown best, then in order: shape (examples,)."""
    order = np.lexsort((items.item, -over))
    return items.item[order[over[order] > 0][:most]]
