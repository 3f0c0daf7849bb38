"""From which score on machine labels may be trusted: fixed-sequence testing, from the strictest score down. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from adjudication.certifying.bounds import clopper_pearson_upper, most_errors
from adjudication.panel_scores import ScoreBy

FIRST = Fraction(1, 5)
"By probability, the strictest threshold lets the machine decide this share of the items that have a score, or more."


@dataclass(frozen=True)
class Spread:
    """All items of the project with a score, those of the sample included."""

    items: int = 0
    found: int = 0
    "Items that people have decided otherwise than the machine."
    alone: int = 0
    "Items that people have not decided, so that the machine would."

    def __add__(self, other: "Spread") -> "Spread":
        return Spread(self.items + other.items, self.found + other.found, self.alone + other.alone)


@dataclass(frozen=True)
class Level:
    """The items of the sample with a score or a stricter one."""

    threshold: Fraction
    "The score, as of `adjudication.panel_scores`."
    count: int
    errors: int
    "How many have another label by people."
    missing: int
    "How many have no label by people yet. They count as errors, so that looking early promises nothing too much."
    bound: float
    "The upper bound of the share of errors and missing, both of all items and of those that the machine decides alone."
    accepted: bool


@dataclass(frozen=True)
class Certified:
    """The loosest score at which the machine may decide alone, and what it was chosen from."""

    threshold: Fraction | None
    "None if no score is strict enough."
    bound: float
    "Of the share of errors at the threshold; 1.0 without one."
    levels: list[Level]
    "From the strictest down."


def certify(
    counts: Sequence[tuple[Fraction, int, int, int]],
    error: float,
    risk: float,
    spreads: Mapping[Fraction, Spread] | None = None,
    *,
    first: Fraction = Fraction(1),
) -> Certified:
    """
    Choose the threshold, so that the share of wrong labels from it on exceeds `error` with probability `risk` at most.

    Scores are tested from the strictest down, each at the whole risk, up to the first whose bound is too high: a case
    of Learn then Test (A. N. Angelopoulos, S. Bates, E. J. Candès, M. I. Jordan, L. Lei, 2021).

    :param counts: for each distinct score: the score, items of the sample with it, errors and missing among them
    :param error: a share, 0 to 1
    :param risk: a probability, 0 to 1
    :param spreads: how all items spread over the scores; None or an empty one stands for an endless list
    :param first: the strictest score that is tested, as of `first_score`; items with a stricter one count with it
    """
    levels: list[Level] = []
    count = errors = missing = 0
    spread, passes = Spread(), True
    for score, items, wrong, lacking in sorted(up_to(first, counts), reverse=True):
        count, errors, missing = count + items, errors + wrong, missing + lacking
        if spreads is not None:
            spread = sum((each for at, each in spreads.items() if at >= score), Spread())
        bound = bound_of(count, errors + missing, risk, spread)
        passes = passes and bound <= error
        levels.append(Level(score, count, errors, missing, bound, passes))
    last = max((at for at, level in enumerate(levels) if level.accepted), default=None)
    if last is None:
        return Certified(None, 1.0, levels)
    return Certified(levels[last].threshold, levels[last].bound, levels)


def up_to(first: Fraction, counts: Sequence[tuple[Fraction, int, int, int]]) -> list[tuple[Fraction, int, int, int]]:
    """Return the counts by score, where all scores above the first count as that one."""
    joined: dict[Fraction, tuple[int, int, int]] = {}
    for score, items, errors, missing in counts:
        n, k, m = joined.get(min(score, first), (0, 0, 0))
        joined[min(score, first)] = (n + items, k + errors, m + missing)
    return [(score, *each) for score, each in joined.items()]


def first_score(items: Mapping[Fraction, int], score_by: ScoreBy) -> Fraction:
    """
    Return the strictest score that is tested: by probability the one from which on a fifth of the items are.

    A level of few items proves nothing, and the first failure ends the tests: a handful of very sure labels would keep
    all others from being tested. Which level is the first depends on ballots alone, neither on people nor on the draw
    of the sample. Shares of ballots are few and most often 1, so that there the first is the strictest.

    :param items: how many of all items have each score
    """
    sure, total = 0, sum(items.values())
    if score_by == ScoreBy.PROBABILITY:
        for score in sorted(items, reverse=True):
            sure += items[score]
            if sure >= FIRST * total > 0:
                return score
    return Fraction(1)


def count_tested(items: Mapping[Fraction, int], score_by: ScoreBy) -> int:
    """Return how many scores can become the threshold."""
    first = first_score(items, score_by)
    return sum(score <= first for score in items)


def bound_of(count: int, errors: int, risk: float, spread: Spread) -> float:
    """
    Return the upper bound of the share of errors among all items, and among those that the machine decides alone.

    The second is the larger one where the sample is a good part of the items: errors in the sample have been put right,
    and of all that there may be, the fewer were found, the more are left.

    :param spread: of all items with such scores; one without items stands for an endless list
    """
    if not spread.items:
        return clopper_pearson_upper(errors, count, risk)
    most = most_errors(errors, count, spread.items, risk)
    left = max(0, most - spread.found)
    return max(most / spread.items, min(1.0, left / spread.alone) if spread.alone else 0.0)
