"""
Agreement between raters: percent agreement, Fleiss's kappa and Cohen's kappa. Pure, on numpy arrays.

Ratings come in long form, and any of them may be missing. An undefined figure is None, never 0 or 1:
kappa, for example, is undefined when only one value was ever used. Krippendorff's alpha is in `reliability`.
"""

from dataclasses import dataclass

import numpy as np

from quality.statistics.profiles import Codes, Profiles, profiles_of


@dataclass(frozen=True)
class Ratings:
    """Ratings in long form: three arrays of shape (ratings,), one element per rating."""

    items: Codes
    "0 … items - 1"
    raters: Codes
    "0 … raters - 1"
    values: Codes
    "0 … values - 1"

    def __len__(self) -> int:
        return len(self.items)

    def only_shared(self) -> "Ratings":
        """Return the ratings of items with two or more ratings, with these items renumbered from 0."""
        is_shared = np.bincount(self.items, minlength=1) >= 2
        number = np.cumsum(is_shared) - 1
        kept = is_shared[self.items]
        return Ratings(number[self.items[kept]], self.raters[kept], self.values[kept])

    def profiles(self) -> Profiles:
        """Return the profiles of the items by their values."""
        return profiles_of(self.items, self.values)


def percent_agreement(profiles: Profiles) -> float | None:
    """
    Return the share of agreeing pairs of ratings, 0 to 1, averaged over the items.

    This is the mean observed agreement of Fleiss 1971 (P-bar), for any number of ratings per item.

    :param profiles: of items with two or more ratings
    """
    if not len(profiles.items):
        return None
    agreeing = profiles.sum_by_profile(profiles.profile, profiles.count * (profiles.count - 1))
    shares = agreeing / (profiles.sizes * (profiles.sizes - 1))
    return float(shares @ profiles.items / profiles.items.sum())


def fleiss_kappa(profiles: Profiles) -> float | None:
    """
    Return Fleiss's kappa, or None unless every item has the same number of ratings.

    Source: J. L. Fleiss, "Measuring nominal scale agreement among many raters", 1971.

    :param profiles: of items with two or more ratings
    """
    observed = percent_agreement(profiles)
    if observed is None or len(np.unique(profiles.sizes)) != 1:
        return None
    by_value = profiles.uses(profiles.items[None].astype(np.float64))[0]
    expected = float(((by_value / by_value.sum()) ** 2).sum())
    return None if expected == 1 else float((observed - expected) / (1 - expected))


@dataclass(frozen=True)
class Pair:
    """Cohen's kappa of two raters."""

    a: int
    b: int
    n: int
    "Items that both rated."
    kappa: float | None


def cohen_kappas(ratings: Ratings, *, raters: int) -> list[Pair]:
    """
    Return Cohen's kappa of every pair of raters with two or more items in common, ordered by rater numbers.

    All pairs are computed at once. Let X_v be the 0/1 matrix (items, raters) of who chose value v, and M that of who
    rated at all. The agreements on v are then X_v' X_v, and X_v' M counts how often a chose v on the items that b
    rated, too. Source: J. Cohen, "A coefficient of agreement for nominal scales", 1960.

    :param raters: the number of raters
    """
    if not len(ratings):
        return []
    present = np.zeros((ratings.items.max() + 1, raters), dtype=np.float32)
    present[ratings.items, ratings.raters] = 1
    shared = (present.T @ present).astype(np.float64)
    agreed = np.zeros_like(shared)
    by_chance = np.zeros_like(shared)
    for value in np.unique(ratings.values):
        has_value = ratings.values == value
        rows, places = np.unique(ratings.items[has_value], return_inverse=True)
        chosen = np.zeros((len(rows), raters), dtype=np.float32)
        chosen[places, ratings.raters[has_value]] = 1
        agreed += chosen.T @ chosen
        margins = (chosen.T @ present[rows]).astype(np.float64)
        by_chance += margins * margins.T
    return [
        Pair(a, b, int(shared[a, b]), chance_corrected(agreed[a, b], by_chance[a, b], shared[a, b]))
        for a in range(raters)
        for b in range(a + 1, raters)
        if shared[a, b] >= 2
    ]


def chance_corrected(agreed: float, by_chance: float, shared: float) -> float | None:
    """
    Return Cohen's kappa of one pair, or None if both raters used only the same single value.

    :param agreed: items on which the two agree
    :param by_chance: the sum over the values of the product of how often each rater used it
    :param shared: items that both rated
    """
    expected = by_chance / shared**2
    return None if expected == 1 else float((agreed / shared - expected) / (1 - expected))
