"""The blind random sample as arrays, to compute figures of. Which items are in it must not leave the figures."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from annotation.ordering import LOT
from annotation.sampling import IN_SMALLEST, WANTS_VOTES, wanting_parameters
from corpus.models import Project
from quality.queries.columns import read_numbers
from quality.statistics.profiles import Codes, Numbers
from quality.statistics.scores import Flags

BILLION = 1_000_000_000
"Odds are read as whole numbers of billionths."
DRAWS = f"""
    SELECT d.item_id, d.in_sample::int, round(d.odds * {BILLION}),
        {IN_SMALLEST}::int
    FROM annotation_sampledraw d JOIN corpus_item i ON i.id = d.item_id, (
        SELECT coalesce(min(odds) FILTER (WHERE drawn_at <= %(until)s::timestamptz), min(odds)) AS odds
        FROM annotation_sampledraw WHERE project_id = %(project)s
    ) AS least
    WHERE d.project_id = %(project)s AND i.withdrawn_at IS NULL ORDER BY d.item_id
"""
# Items of the sample that enough people had labelled by a certain vote, or an adjudicator had settled by a time. A
# correction has the annotator of the first vote.
FINISHED = """
    SELECT d.item_id FROM annotation_sampledraw d
    WHERE d.project_id = %(project)s AND d.in_sample AND (
        (SELECT count(DISTINCT v.annotator_id) FROM annotation_vote v
            WHERE v.item_id = d.item_id AND v.repeats_id IS NULL AND v.id <= %(last_vote)s) >= %(wanted)s
        OR EXISTS (SELECT FROM adjudication_case c
            WHERE c.item_id = d.item_id AND c.state IN ('settled', 'reopened') AND c.closed_at <= %(time)s)
    )
"""
# What an ordered queue has finished so far is what people differ on. But some claims went by lot, from the lowest up:
# below the one that they have come to, everything is finished, and lots depend on no label. What somebody skipped may
# stay unfinished for ever, and holds nothing up.
WAS_ORDERED = """
    SELECT 1 WHERE EXISTS (
        SELECT FROM annotation_slot s JOIN corpus_item i ON i.id = s.item_id
        WHERE i.project_id = %(project)s AND place IS NOT NULL
    )
"""
REACHED = f"""
    WITH sampled AS MATERIALIZED (
        SELECT d.item_id, {LOT} AS lot,
            (SELECT count(*) FROM annotation_vote v WHERE v.item_id = i.id AND is_current) >= %(wanted)s AS is_finished,
            EXISTS (SELECT FROM annotation_skip k WHERE k.item_id = i.id) AS is_skipped,
            EXISTS (SELECT FROM annotation_slot s WHERE s.item_id = i.id AND s.vote_id IS NOT NULL
                AND s.place IS NULL AND s.random_odds IS NOT NULL) AS is_by_lot
        FROM annotation_sampledraw d JOIN corpus_item i ON i.id = d.item_id
        WHERE d.project_id = %(project)s AND d.in_sample AND i.withdrawn_at IS NULL
    ), unfinished AS (
        SELECT min(lot) AS lot FROM sampled WHERE NOT is_finished AND NOT is_skipped
    ), latest AS (
        SELECT max(s.lot) AS lot FROM sampled s CROSS JOIN unfinished u
        WHERE is_by_lot AND (u.lot IS NULL OR s.lot < u.lot)
    )
    SELECT item_id FROM sampled s CROSS JOIN unfinished u CROSS JOIN latest
    WHERE u.lot IS NULL OR s.lot < latest.lot ORDER BY item_id
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
    "Whether it is in the sample, and would be with the smallest odds of all draws, or of those until a time."
    is_reached: Flags
    "Whether its labels may be used as those of a random item: in the sample all, unless an ordered queue is at work."


def read_draws(project: Project, item_keys: Codes, *, until: datetime | None = None) -> Draws:
    """
    Read the draws of a project.

    :param item_keys: shape (items,), primary keys of all its items in rising order
    :param until: a time; later draws make nothing smaller. None for all
    """
    parameters = {"project": project.pk, "secret": project.salt, "until": until}
    item, in_sample, odds, in_smallest = read_numbers(DRAWS, parameters, columns=4)
    reached = read_reached(project, item)
    index, flags = np.searchsorted(item_keys, item), in_sample.astype(bool)
    return Draws(index, flags, odds / BILLION, in_smallest.astype(bool), reached)


def read_reached(project: Project, item: Codes) -> Flags:
    """
    Return which drawn items are as good as finished at random: shape (draws,).

    :param item: shape (draws,), primary keys
    """
    parameters = {"project": project.pk, "secret": project.salt, "wanted": project.votes_wanted}
    [was_ordered] = read_numbers(WAS_ORDERED, parameters, columns=1)
    if not len(was_ordered):
        return np.ones(len(item), dtype=bool)
    [reached] = read_numbers(REACHED, parameters, columns=1)
    return np.isin(item, reached)


def read_finished(project: Project, item_keys: Codes, *, last_vote: int, time: datetime, wanted: int) -> Flags:
    """
    Return which items of the sample people had finished: shape (items,).

    :param last_vote: primary key of the last vote that counts
    :param time: until when settlements count
    :param wanted: how many people finish an item that nobody settled
    """
    parameters = {"project": project.pk, "last_vote": last_vote, "time": time, "wanted": wanted}
    [keys] = read_numbers(FINISHED, parameters, columns=1)
    finished = np.zeros(len(item_keys), dtype=bool)
    finished[np.searchsorted(item_keys, keys)] = True
    return finished


def read_wanting(project: Project, item_keys: Codes) -> Flags:
    """Return which items want votes of people, by `item_keys` as in `read_draws`: shape (items,)."""
    [keys] = read_numbers(WANTING, wanting_parameters(project), columns=1)
    wanting = np.zeros(len(item_keys), dtype=bool)
    wanting[np.searchsorted(item_keys, keys)] = True
    return wanting
