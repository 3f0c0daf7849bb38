"""The blind random sample as arrays, to compute figures of. Which items are in it must not leave the figures."""

from dataclasses import dataclass

import numpy as np

from annotation.sampling import IN_SMALLEST, LEAST_ODDS, WANTS_VOTES, wanting_parameters
from corpus.models import Project
from quality.queries.columns import read_numbers
from quality.statistics.profiles import Codes, Numbers
from quality.statistics.scores import Flags

BILLION = 1_000_000_000
"Odds are read as whole numbers of billionths."
DRAWS = f"""
    SELECT d.item_id, d.in_sample::int, round(d.odds * {BILLION}),
        {IN_SMALLEST}::int
    FROM annotation_sampledraw d JOIN corpus_item i ON i.id = d.item_id,
        ({LEAST_ODDS}) AS least
    WHERE d.project_id = %(project)s AND i.withdrawn_at IS NULL ORDER BY d.item_id
"""
# How many people had labelled each item of the sample by a certain vote; a correction has the annotator of the first.
EARLIER = """
    SELECT v.item_id, count(DISTINCT v.annotator_id)
    FROM annotation_vote v JOIN annotation_sampledraw d ON d.item_id = v.item_id
    WHERE d.project_id = %(project)s AND d.in_sample AND v.repeats_id IS NULL AND v.id <= %(last_vote)s
    GROUP BY v.item_id ORDER BY v.item_id
"""
WANTING = f"SELECT i.id FROM corpus_item i WHERE {WANTS_VOTES} ORDER BY i.id"


@dataclass(frozen=True)
class Draws:
    """The draws of items that are not withdrawn; arrays of shape (draws,)."""

    item: Codes
    "Index of the item."
    in_sample: Flags
    odds: Numbers
    "The probability with which the draw puts the item into the sample."
    in_smallest: Flags
    "Whether it is in the sample, and would be with the smallest odds of all draws."


def read_draws(project: Project, item_keys: Codes) -> Draws:
    """
    Read the draws of a project.

    :param item_keys: shape (items,), primary keys of all its items in rising order
    """
    parameters = {"project": project.pk, "secret": project.salt}
    item, in_sample, odds, in_smallest = read_numbers(DRAWS, parameters, columns=4)
    return Draws(np.searchsorted(item_keys, item), in_sample.astype(bool), odds / BILLION, in_smallest.astype(bool))


def read_earlier_votes(project: Project, item_keys: Codes, last_vote: int) -> Codes:
    """
    Return how many people had labelled each item of the sample up to a vote: shape (items,), 0 for other items.

    :param last_vote: primary key of the vote
    """
    item, people = read_numbers(EARLIER, {"project": project.pk, "last_vote": last_vote}, columns=2)
    earlier = np.zeros(len(item_keys), dtype=np.int64)
    earlier[np.searchsorted(item_keys, item)] = people
    return earlier


def read_wanting(project: Project, item_keys: Codes) -> Flags:
    """Return which items want votes of people, by `item_keys` as in `read_draws`: shape (items,)."""
    [keys] = read_numbers(WANTING, wanting_parameters(project), columns=1)
    wanting = np.zeros(len(item_keys), dtype=bool)
    wanting[np.searchsorted(item_keys, keys)] = True
    return wanting
