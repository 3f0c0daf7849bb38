"""
How sure a panel is of its label: the score by which machine labels are trusted or left to people. Pure.

By share of the ballots, the score is the share that gives the label. By probability, it is the mean, over the ballots,
of the probability of the label, in bins of a twentieth. Bins are counted in whole numbers, from millionths of each
ballot, so that `bin_sql` and `score_of` put every value on the same side of every edge.
"""

from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction


class ScoreBy(StrEnum):
    """What the score of a panel is."""

    SHARE = "share"
    PROBABILITY = "probability"


BINS = 20
"Of the mean probability: a score is the lower edge of its bin. The last one is from 0.95 to 1, both included."
PARTS = 1_000_000
"Probabilities are rounded to so many parts, so that 0.15 is 0.15 for everybody."
NONE = Fraction(0)
"The score of a panel that never decides: it ties, is too small, or a ballot of it has no probability."

PARTS_SQL = f"CASE WHEN {{label}} IS NOT NULL AND {{column}} BETWEEN 0 AND 1 THEN round({{column}} * {PARTS})::int END"
"The parts of a ballot's probability of unsafe; null where it has none. NaN is above 1 in PostgreSQL."
BIN_SQL = f"""CASE WHEN {{known}} = {{safe}} + {{unsafe}} AND {{safe}} <> {{unsafe}}
            THEN least({BINS - 1}, {BINS} * CASE WHEN {{unsafe}} > {{safe}} THEN {{parts}}
                ELSE ({{safe}} + {{unsafe}}) * {PARTS} - {{parts}} END / (({{safe}} + {{unsafe}}) * {PARTS}))
            ELSE 0 END"""


def parts_of(probability: float | None) -> int | None:
    """Return a probability in parts; None for what is none, as NaN."""
    if probability is None or not 0 <= probability <= 1:
        return None
    return round(probability * PARTS)


def score_of(safe: int, unsafe: int, probabilities: Sequence[float | None], by: ScoreBy) -> Fraction:
    """
    Return the score of a panel's label.

    :param safe: how many ballots say so; as many as say unsafe are a tie, whose score is NONE
    :param probabilities: of unsafe, by each of these ballots
    """
    if safe == unsafe:
        return NONE
    if by == ScoreBy.SHARE:
        return Fraction(max(safe, unsafe), safe + unsafe)
    parts = [part for each in probabilities if (part := parts_of(each)) is not None]
    if len(parts) < safe + unsafe:
        return NONE
    of_label = sum(parts) if unsafe > safe else (safe + unsafe) * PARTS - sum(parts)
    return Fraction(min(BINS - 1, BINS * of_label // ((safe + unsafe) * PARTS)), BINS)


def bin_sql(*, safe: str, unsafe: str, parts: str, known: str) -> str:
    """
    Return the bin of a panel's mean probability, 0 to BINS - 1; 0 is the score NONE.

    :param safe: an expression of how many ballots say so; `unsafe` likewise
    :param parts: of the sum of their parts
    :param known: of how many of them have a probability
    """
    return BIN_SQL.format(safe=safe, unsafe=unsafe, parts=parts, known=known)
