"""The identity groups that a project's items name, as of its last search, as arrays."""

from dataclasses import dataclass

import numpy as np

from corpus import queries
from corpus.models import Project
from quality.queries.columns import read_numbers
from quality.statistics.profiles import Codes
from quality.statistics.scores import Flags

UNKNOWN = -1
LENGTHS = """
    SELECT item_id, coalesce(prompt_length, -1), response_length FROM corpus_itemgroups
    WHERE project_id = %(project)s ORDER BY item_id
"""
NAMED = """
    SELECT item_id, array_position(%(groups)s::text[], name) - 1, in_response FROM (
        SELECT item_id, unnest(prompt) AS name, 0 AS in_response FROM corpus_itemgroups WHERE project_id = %(project)s
        UNION ALL SELECT item_id, unnest(response), 1 FROM corpus_itemgroups WHERE project_id = %(project)s
    ) AS named WHERE name = ANY(%(groups)s::text[])
"""


@dataclass(frozen=True)
class NamedGroups:
    """The groups of a project's list of terms, and where they are named."""

    version: int
    "Of the list of terms."
    attributes: dict[str, str]
    "What each group has in common, in the order of the list."
    in_prompt: Flags
    "Shape (groups, items)."
    in_response: Flags
    "Shape (groups, items)."
    prompt_length: Codes
    "Shape (items,): characters; UNKNOWN where the prompt is withheld or nobody has searched the item yet."
    response_length: Codes
    "Shape (items,): characters, 0 without a response."


def read_groups(project: Project, item_keys: Codes) -> NamedGroups:
    """
    Read which of some items name which group.

    :param item_keys: shape (items,), primary keys in rising order
    """
    listed = queries.group_terms(project)
    names = list(listed.terms.groups)
    item, prompt, response = read_numbers(LENGTHS, {"project": project.pk}, columns=3)
    lengths = np.full((2, len(item_keys)), UNKNOWN, dtype=np.int64)
    kept = np.isin(item, item_keys, assume_unique=True)
    lengths[:, np.searchsorted(item_keys, item[kept])] = prompt[kept], response[kept]
    named = np.zeros((2, len(names), len(item_keys)), dtype=bool)
    item, group, place = read_numbers(NAMED, {"project": project.pk, "groups": names}, columns=3)
    kept = np.isin(item, item_keys)
    named[place[kept], group[kept], np.searchsorted(item_keys, item[kept])] = True
    return NamedGroups(listed.version, listed.terms.groups, named[0], named[1], lengths[0], lengths[1])
