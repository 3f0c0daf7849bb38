"""From which score on machine labels may be trusted: fixed-sequence testing, from the strictest score down. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from adjudication.certifying.bounds import clopper_pearson_upper, most_errors


@dataclass(frozen=True)
class Spread:
    """All items of the project with a score, those of the sample included."""

    items: int = 0
    found: int = 0
    "How many people have decided, with another label than the machine's."
    alone: int = 0
    "How many people have not decided, so that the machine would."

    def __add__(self, other: "Spread") -> "Spread":
        return Spread(self.items + other.items, self.found + other.found, self.alone + other.alone)


@dataclass(frozen=True)
class Level:
    """The items of the sample with a score or a stricter one."""

    threshold: Fraction
    "The score, the share of the counted ballots that give the label: above 0.5, at most 1."
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
) -> Certified:
    """
    Choose the threshold, so that with probability `risk` at most more than `error` of the labels from it on are wrong.

    Scores are tested from the strictest down, each at the whole risk, up to the first whose bound is too high: a case
    of Learn then Test (A. N. Angelopoulos, S. Bates, E. J. Candès, M. I. Jordan, L. Lei, 2021).

    :param counts: for each distinct score: the score, items of the sample with it, errors and missing among them
    :param spreads: how all items spread over the scores; without it, the list is taken for endless
    """
    levels: list[Level] = []
    count = errors = missing = 0
    spread, passes = Spread(), True
    for score, items, wrong, lacking in sorted(counts, reverse=True):
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
