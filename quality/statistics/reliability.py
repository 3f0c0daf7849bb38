"""Krippendorff's alpha under any distance, and kappa-x, each with a confidence interval. Pure, on numpy arrays."""

from collections.abc import Callable, Iterable

import numpy as np

from quality.statistics.agreement import Ratings, fleiss_kappa
from quality.statistics.bootstrap import CONFIDENCE, DRAWS, ONE_VALUE, Estimate, estimate
from quality.statistics.distances import NOMINAL, Distance, Ordinal, ordinal_disagreements
from quality.statistics.profiles import Codes, Numbers, Profiles, profiles_of
from quality.statistics.scores import Flags

PerDraw = Callable[[Profiles, Iterable[Numbers]], Numbers]
"Maps profiles and blocks of draws, each of shape (draws of the block, profiles), to a figure per draw."
MOST_ORDERED = 10
"Values in order whose alpha has an interval."
NO_PAIRS = "no item has two opinions"
DIFFERENT_NUMBERS = "items have different numbers of opinions"
NO_CROSS_PAIRS = "no item has an opinion of each kind"
TOO_MANY_VALUES = "there are {found:,} different sets of categories, more than the {most:,} that can be compared"


def krippendorff_alpha(
    profiles: Profiles, distance: Distance = NOMINAL, *, draws: int = DRAWS, seed: int = 0
) -> Estimate:
    """
    Return Krippendorff's alpha with a percentile bootstrap interval over the items.

    Sources: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011, section C; B. Efron, "Bootstrap
    Methods: Another Look at the Jackknife", 1979.

    :param profiles: of items with two or more opinions
    :param draws: the number of bootstrap draws; 0 leaves the interval out
    """
    if not len(profiles.items):
        return Estimate(None, reason=NO_PAIRS)
    if reason := too_many_values(len(profiles.values), distance):
        return Estimate(None, reason=reason)
    return estimate_per_draw(profiles, lambda each, weights: alpha_per_draw(each, weights, distance), draws, seed)


def ordinal_alpha(profiles: Profiles, *, draws: int = DRAWS, seed: int = 0) -> Estimate:
    """
    Return Krippendorff's alpha under the ordinal distance.

    Of more than MOST_ORDERED values it has no interval: the distances are others in each draw, and make large tables.

    :param profiles: of items with two or more opinions, whose values rise in their order
    :param draws: the number of bootstrap draws; 0 leaves the interval out
    """
    if not len(profiles.items):
        return Estimate(None, reason=NO_PAIRS)
    if len(profiles.values) > MOST_ORDERED:
        return krippendorff_alpha(profiles, Ordinal(profiles), draws=0)
    return estimate_per_draw(profiles, ordinal_alpha_per_draw, draws, seed)


def cross_replication_kappa(
    first: Ratings, second: Ratings, distance: Distance = NOMINAL, *, draws: int = DRAWS, seed: int = 0
) -> Estimate:
    """
    Return the chance-corrected agreement between two groups of raters; pairs within a group do not count.

    Source: K. Wong, P. Paritosh, L. Aroyo, "Cross-replication Reliability", ACL 2021, kappa-x with missing data.

    :param first: the ratings of the first group; `second`: those of the second, with the same numbers of items
    """
    count = 1 + max(int(first.values.max(initial=-1)), int(second.values.max(initial=-1)))
    profiles = cross_profiles(first, second, count)
    if not len(profiles.items):
        return Estimate(None, reason=NO_CROSS_PAIRS)
    if reason := too_many_values(len(np.unique(profiles.values % count)), distance):
        return Estimate(None, reason=reason)
    return estimate_per_draw(
        profiles, lambda each, weights: kappa_per_draw(each, weights, count, distance), draws, seed, count
    )


ROUNDING = 1e-9
"How far sums in another order may take the agreement of those who never differ from 1."


def estimate_per_draw(profiles: Profiles, figure: PerDraw, draws: int, seed: int, count: int | None = None) -> Estimate:
    """
    Return a figure with its bootstrap interval, which is no point where nobody differs.

    Items drawn anew can only agree as those that were seen. So the lower end is then the figure of these and as many
    divided ones as the exact bound for none of them allows (C. J. Clopper, E. S. Pearson, 1934), between the two
    answers that were given most.

    :param count: what is added to the values of a second group, if there is one
    """
    found = estimate(profiles, lambda weights: figure(profiles, weights), draws, seed)
    if found.low is None or found.low < 1 - ROUNDING:
        return found
    items = len(profiles.of_item)
    share = 1 - ((1 - CONFIDENCE) / 2) ** (1 / items)
    divided = with_divided_item(profiles, count)
    [low] = figure(divided, [np.append(profiles.items, items * share / (1 - share))[None]])
    return Estimate(found.value, float(low), found.high)


def with_divided_item(profiles: Profiles, count: int | None) -> Profiles:
    """Return profiles with another one, last, of an item whose two opinions are the two values given most."""
    value = profiles.value if count is None else profiles.value % count
    given = np.bincount(value, weights=profiles.count * profiles.items[profiles.profile])
    one, other = np.sort(np.argsort(-given, kind="stable")[:2])
    last = len(profiles.items)
    return Profiles(
        np.append(profiles.profile, [last, last]),
        np.append(profiles.value, [one, other if count is None else other + count]),
        np.append(profiles.count, [1, 1]),
        np.append(profiles.of_item, last),
    )


def cross_profiles(first: Ratings, second: Ratings, count: int) -> Profiles:
    """Return the profiles of the items that both groups rated; to the values of the second group, add `count`."""
    items, values = np.concatenate([first.items, second.items]), np.concatenate([first.values, second.values + count])
    kept = items_of_both(first, second)[items]
    return profiles_of(items[kept], values[kept])


def items_of_both(first: Ratings, second: Ratings) -> Flags:
    """Return which items both groups rated: shape (items,), up to the last item with a rating."""
    size = 1 + max(int(first.items.max(initial=-1)), int(second.items.max(initial=-1)))
    rated: Flags = (np.bincount(first.items, minlength=size) > 0) & (np.bincount(second.items, minlength=size) > 0)
    return rated


def too_many_values(found: int, distance: Distance) -> str:
    """Return why there are too many different values for a distance, or an empty text if there are not."""
    most = distance.most_values
    return "" if most is None or found <= most else TOO_MANY_VALUES.format(found=found, most=most)


def fleiss(profiles: Profiles) -> Estimate:
    """
    Return Fleiss's kappa without an interval, or the reason why it is undefined.

    :param profiles: of items with two or more opinions
    """
    value = fleiss_kappa(profiles)
    if value is not None:
        return Estimate(value)
    if not len(profiles.items):
        return Estimate(None, reason=NO_PAIRS)
    is_even = len(np.unique(profiles.sizes)) == 1
    return Estimate(None, reason=ONE_VALUE if is_even else DIFFERENT_NUMBERS)


def alpha_per_draw(profiles: Profiles, weights: Iterable[Numbers], distance: Distance) -> Numbers:
    """
    Return Krippendorff's alpha of every draw, shape (draws,); NaN where it is undefined.

    :param weights: blocks of shape (draws of the block, profiles), how often each profile was drawn
    """
    pairs = np.zeros(len(profiles.items))
    for a, b in profiles.pairs():
        pairs += pair_distances(profiles, a, b, distance)
    by_profile = 2 * pairs / (profiles.sizes - 1)
    observed, used = zip(*((block @ by_profile, profiles.uses(block)) for block in weights), strict=True)
    uses = np.vstack(used)
    by_chance = distance.within(profiles.values, uses)
    return corrected_by_chance((uses.sum(axis=1) - 1) * np.concatenate(observed), by_chance)


def ordinal_alpha_per_draw(profiles: Profiles, weights: Iterable[Numbers]) -> Numbers:
    """Return Krippendorff's alpha under the ordinal distance of every draw; as `alpha_per_draw`."""
    blocks = []
    for block in weights:
        observed, by_chance = ordinal_disagreements(profiles, block)
        blocks.append(corrected_by_chance((block @ profiles.sizes - 1) * observed, by_chance))
    return np.concatenate(blocks)


def kappa_per_draw(profiles: Profiles, weights: Iterable[Numbers], count: int, distance: Distance) -> Numbers:
    """
    Return kappa-x of every draw, shape (draws,); NaN where it is undefined.

    :param profiles: with values below `count` of the first group, and those of the second from it on
    :param weights: blocks of shape (draws of the block, profiles), how often each profile was drawn
    """
    is_first = profiles.value < count
    first_sizes, second_sizes = (
        profiles.sum_by_profile(profiles.profile[group], profiles.count[group]) for group in (is_first, ~is_first)
    )
    pairs = np.zeros(len(profiles.items))
    for a, b in profiles.pairs():
        across = is_first[a] & ~is_first[b]
        pairs += pair_distances(profiles, a[across], b[across], distance, modulo=count)
    sizes = first_sizes + second_sizes
    totals = np.stack([pairs * sizes / (first_sizes * second_sizes), sizes, first_sizes, second_sizes], axis=1)
    summed, used = zip(*((block @ totals, profiles.uses(block)) for block in weights), strict=True)
    observed, weight, first, second = np.vstack(summed).T
    by_chance = cross_chance(profiles.values, np.vstack(used), count, distance)
    return corrected_by_chance(observed / weight, by_chance / (first * second))


def cross_chance(values: Codes, used: Numbers, count: int, distance: Distance) -> Numbers:
    """
    Sum the distances of all pairs of an opinion of the first group and one of the second: shape (draws,).

    :param values: shape (values,), rising, those of the first group below `count`, those of the second from it on
    :param used: shape (draws, values), how often each was used
    """
    start = np.searchsorted(values, count)
    return distance.across(values[:start], used[:, :start], values[start:] - count, used[:, start:])


def pair_distances(profiles: Profiles, a: Codes, b: Codes, distance: Distance, *, modulo: int | None = None) -> Numbers:
    """
    Sum the distances between pairs of cells, each as often as its opinions pair, by profile: shape (profiles,).

    :param a: shape (pairs,), one cell of each pair; `b`: the other one
    :param modulo: what is added to the values of a second group
    """
    values = profiles.value if modulo is None else profiles.value % modulo
    apart = distance.between(values[a], values[b]) * profiles.count[a] * profiles.count[b]
    return profiles.sum_by_profile(profiles.profile[a], apart)


def corrected_by_chance(observed: Numbers, by_chance: Numbers) -> Numbers:
    """Return 1 - observed / expected disagreement of every draw, (draws,); NaN where nothing differs by chance."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(by_chance > 0, 1 - observed / by_chance, np.nan)
