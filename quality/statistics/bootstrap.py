"""
Confidence intervals by drawing items anew. Pure, on numpy arrays.

A draw of items is a draw of how often each profile of values occurs. Where there are few profiles, 1,000 draws so cost
about as much for many items as for few.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np

from quality.statistics.profiles import Numbers, Profiles

DRAWS = 1_000
CONFIDENCE = 0.95
CELLS_AT_ONCE = 250_000
"The most numbers that a block of draws holds: few enough for the cache of a processor."
DRAWN_AT_ONCE = 4_000_000
"The most items that are drawn one by one at once, so that memory does not grow with draws times items."
FEW_PROFILES = 256
"Up to so many profiles, the items of each are drawn at once; beyond, it is quicker to draw the items one by one."
ONE_VALUE = "every opinion is the same, so agreement cannot be distinguished from chance"

Figure = Callable[[Iterable[Numbers]], Numbers]
"Maps blocks of draws, each of shape (draws of the block, profiles), to a figure per draw, NaN where it is undefined."


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % confidence interval; if it is undefined, None and the reason in words."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str | None = None


def estimate(profiles: Profiles, figure: Figure, draws: int, seed: int) -> Estimate:
    """Return a figure of the items as they are, with its interval over the bootstrap draws."""
    as_they_are = profiles.items[None].astype(np.float64)
    value, *_ = figures = figure(chain([as_they_are], bootstrap_weights(profiles, draws, seed)))
    return Estimate(None, reason=ONE_VALUE) if np.isnan(value) else with_interval(float(value), figures[1:])


def bootstrap_weights(profiles: Profiles, draws: int, seed: int) -> Iterator[Numbers]:
    """
    Draw as many items as there are, with replacement, and yield how often each profile was drawn.

    :return: blocks of shape (draws of the block, profiles), each small enough for memory
    """
    generator = np.random.default_rng(seed)
    at_once = max(1, CELLS_AT_ONCE // len(profiles.value))
    draw = draw_profiles
    if len(profiles.items) > FEW_PROFILES:
        draw, at_once = draw_items, max(1, min(at_once, DRAWN_AT_ONCE // len(profiles.of_item)))
    for start in range(0, draws, at_once):
        yield draw(profiles, min(at_once, draws - start), generator)


def draw_profiles(profiles: Profiles, draws: int, generator: np.random.Generator) -> Numbers:
    """Draw the number of items of each profile at once: shape (draws, profiles)."""
    order = sort_profiles(profiles)
    counts = profiles.items[order]
    weights = np.empty((draws, len(order)))
    weights[:, order] = generator.multinomial(counts.sum(), counts / counts.sum(), size=draws)
    return weights


def sort_profiles(profiles: Profiles) -> list[int]:
    """Return the profiles sorted by how often they have the first value, then the next, and so on."""
    cells: list[list[tuple[int, int]]] = [[] for _ in profiles.items]
    for profile, value, count in zip(profiles.profile, profiles.value, profiles.count, strict=True):
        cells[profile].append((-int(value), int(count)))
    return sorted(range(len(cells)), key=cells.__getitem__)


def draw_items(profiles: Profiles, draws: int, generator: np.random.Generator) -> Numbers:
    """Draw items one by one, whatever the number of draws at once, and count them by profile: (draws, profiles)."""
    items, shape = len(profiles.of_item), (draws, len(profiles.items))
    drawn = profiles.of_item[generator.integers(items, size=(draws, items))]
    drawn += np.arange(draws)[:, None] * len(profiles.items)
    weights = np.bincount(drawn.ravel(), minlength=np.prod(shape)).reshape(shape)
    return weights.astype(np.float64)


def with_interval(value: float, drawn: Numbers) -> Estimate:
    """
    Return the value with the percentile interval of the drawn figures.

    Undefined draws (NaN) are left out; if more than half of the draws are undefined, there is no interval.

    :param drawn: shape (draws,)
    """
    defined = drawn[~np.isnan(drawn)]
    if not len(defined) or len(defined) * 2 < len(drawn):
        return Estimate(value)
    low, high = np.quantile(defined, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Estimate(value, float(low), float(high))
