"""Opinions from tables of counts, shape (items, values): how often each item got each value."""

import numpy as np

from quality.statistics.agreement import Ratings
from quality.statistics.profiles import Profiles


def ratings_of(table) -> Ratings:
    """Return the counts of a table in long form, all of one rater."""
    rows = np.asarray(table, dtype=np.int64).reshape(len(table), -1 if len(table) else 0)
    items, values = np.nonzero(rows)
    counts = rows[items, values]
    return Ratings(np.repeat(items, counts), np.zeros(counts.sum(), dtype=np.int64), np.repeat(values, counts))


def shared_profiles(table) -> Profiles:
    """Return the profiles of the items of a table that have two or more opinions."""
    return ratings_of(table).only_shared().profiles()
