"""From which score on machine labels may be trusted: fixed-sequence testing, from the strictest score down. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from adjudication.certifying.bounds import clopper_pearson_upper


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
    "The upper bound of the share of errors and missing."
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


def certify(counts: Sequence[tuple[Fraction, int, int, int]], error: float, risk: float) -> Certified:
    """
    Choose the threshold, so that with probability `risk` at most more than `error` of the labels from it on are wrong.

    Scores are tested from the strictest down, each at the whole risk, up to the first whose bound is too high: a case
    of Learn then Test (A. N. Angelopoulos, S. Bates, E. J. Candès, M. I. Jordan, L. Lei, 2021).

    :param counts: for each distinct score: the score, items of the sample with it, errors and missing among them
    """
    levels: list[Level] = []
    count = errors = missing = 0
    passes = True
    for score, items, wrong, lacking in sorted(counts, reverse=True):
        count, errors, missing = count + items, errors + wrong, missing + lacking
        bound = clopper_pearson_upper(errors + missing, count, risk)
        passes = passes and bound <= error
        levels.append(Level(score, count, errors, missing, bound, passes))
    last = max((at for at, level in enumerate(levels) if level.accepted), default=None)
    if last is None:
        return Certified(None, 1.0, levels)
    return Certified(levels[last].threshold, levels[last].bound, levels)
