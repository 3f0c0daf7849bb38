"""The blind random sample as arrays, to compute figures of. Which items are in it must not leave the figures."""

from dataclasses import dataclass

import numpy as np
from django.db import connection

from corpus.labels import Field
from corpus.models import Project
from quality.queries.columns import read_numbers
from quality.statistics.profiles import Codes, Numbers
from quality.statistics.scores import Flags

BILLION = 1_000_000_000
"Odds are read as whole numbers of billionths."
DRAWS = f"""
    SELECT d.item_id, d.in_sample::int, round(d.odds * {BILLION})
    FROM annotation_sampledraw d JOIN corpus_item i ON i.id = d.item_id
    WHERE d.project_id = %(project)s AND i.withdrawn_at IS NULL ORDER BY d.item_id
"""
UNDRAWN = """
    SELECT count(*) FROM corpus_item i
    WHERE i.project_id = %(project)s AND i.withdrawn_at IS NULL AND i.refusal_of IS NULL
        AND (%(wants_prompt)s OR i.has_response)
        AND NOT EXISTS (SELECT FROM annotation_sampledraw d WHERE d.item_id = i.id)
"""


@dataclass(frozen=True)
class Draws:
    """The draws of items that are not withdrawn; arrays of shape (draws,)."""

    item: Codes
    "Index of the item."
    in_sample: Flags
    odds: Numbers
    "The probability with which the draw puts the item into the sample."


def read_draws(project: Project, item_keys: Codes) -> Draws:
    """
    Read the draws of a project.

    :param item_keys: shape (items,), primary keys of all its items in rising order
    """
    item, in_sample, odds = read_numbers(DRAWS, {"project": project.pk}, columns=3)
    return Draws(np.searchsorted(item_keys, item), in_sample.astype(bool), odds / BILLION)


def count_undrawn(project: Project) -> int:
    """Count the items that want votes and were not drawn, as those imported while the share is 0."""
    with connection.cursor() as cursor:
        cursor.execute(UNDRAWN, {"project": project.pk, "wants_prompt": Field.PROMPT in project.fields})
        return int(cursor.fetchone()[0])
