"""
Agreement on sets of categories, in a separate process so that its memory is measured alone.

Six opinions on each item, of one to three categories or none: all figures of agreement on sets and on each category, by
kind of rater and by source, with intervals. Memory is the peak above the process with its imports done, the opinions
included.
"""

import time
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import numpy.random  # numpy loads it on its first use, which must not count as memory of the figures

from bench.alone import run_alone
from bench.corpus import HUMANS, MODELS, SHARE_UNSAFE, TRUE_SCALE
from bench.memory import peak_megabytes

if TYPE_CHECKING:
    from quality.reports.arrays import Opinions

DISTINCT_SETS = (200, 2_000)
CATEGORIES = 23
SOURCES = 14
MOST_SECONDS = 10.0
MOST_MEGABYTES = 300.0
"Limits for TRUE_SCALE items."
MOST_GROWTH = 1.2
"Memory may grow so many times as much as the items."


def report_category_sets(sizes: list[int]) -> int:
    """Print time and memory of each size and number of sets; return how many are over their limit."""
    over = 0
    print(f"\nagreement on sets of categories, 6 opinions an item (limits at {TRUE_SCALE:,} items: ", end="")
    print(f"{MOST_SECONDS:.0f} s, {MOST_MEGABYTES:.0f} MB; and memory may not grow faster than the items)")
    for sets in DISTINCT_SETS:
        first = 0.0
        for items in sizes:
            seconds, megabytes = run_figures(items, sets)
            first = first or megabytes / items
            over += items == TRUE_SCALE and (seconds > MOST_SECONDS or megabytes > MOST_MEGABYTES)
            over += megabytes / items > MOST_GROWTH * first
            print(f"  {items:>9,} items {sets:>6,} sets{seconds:9.2f} s {megabytes:7.0f} MB", flush=True)
    return over


def run_figures(items: int, sets: int) -> tuple[float, float]:
    """Compute the figures in a separate process; return its seconds and megabytes."""
    return run_alone(measure, items, sets)


def category_sets(count: int) -> list[frozenset[str]]:
    """Return `count` sets: the empty one, then those of one category, of two and of three."""
    names = [f"category-{at:02}" for at in range(CATEGORIES)]
    return [frozenset(each) for size in range(4) for each in combinations(names, size)][:count]


def opinions_of(items: int, sets: list[frozenset[str]]) -> "Opinions":
    """Return the opinions of simulated raters, of whom two in five choose the set that is usual for the item."""
    from quality.reports.arrays import Opinions

    dice = np.random.default_rng(0)
    skills = np.array([*HUMANS.values(), *MODELS.values()])
    shape = items, len(skills)
    truth = dice.random(items)[:, None] < SHARE_UNSAFE
    unsafe = np.where(dice.random(shape) < skills, truth, ~truth).ravel()
    usual, own = dice.integers(1, len(sets), items)[:, None], dice.integers(1, len(sets), shape)
    chosen = np.where(dice.random(shape) < 0.4, usual, own).ravel()
    rater = np.tile(np.arange(len(skills)), items)
    return Opinions(
        item=np.repeat(np.arange(items), len(skills)),
        is_human=rater < len(HUMANS),
        rater=rater,
        labels={"prompt_label": np.where(unsafe, 2, 0)},
        category_set=np.where(unsafe, chosen, 0),
        week=np.zeros_like(rater),
        item_keys=np.arange(items),
        item_source=(SOURCES * dice.random(items) ** 2).astype(np.int64),
        has_response=np.ones(items, dtype=bool),
        in_use=np.ones(items, dtype=bool),
        sources=[f"source-{at}" for at in range(SOURCES)],
        raters=[("human", name) for name in HUMANS] + [("llm", name) for name in MODELS],
        rater_keys=np.arange(len(skills)),
        category_sets=sets,
    )


def measure(items: int, sets: int) -> tuple[float, float]:
    """Compute the figures; return the seconds and the megabytes above those of the process with its imports done."""
    from quality.reports.agreement import category_agreements, category_set_agreement

    idle = peak_megabytes()
    opinions = opinions_of(items, category_sets(sets))
    began = time.perf_counter()
    category_set_agreement(opinions)
    category_agreements(opinions)
    return time.perf_counter() - began, peak_megabytes() - idle
