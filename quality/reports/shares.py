"""Shares of unsafe labels and of categories in the data, by group; and how counted opinions split."""

from typing import Any

import numpy as np

from adjudication.policies import Policy
from corpus.models import Project
from quality.reports.agreement import largest_sources
from quality.reports.arrays import Decisions, Opinions, read_decisions
from quality.statistics.scores import Flags, share

MAX_SPLITS = 12
Group = tuple[str, str, Flags]
"What the group is by (all, source, response or kind), its name, and what is in it."


def share_figures(project: Project, opinions: Opinions, policy: Policy) -> dict[str, Any]:
    """Return unsafe shares and vote splits of each field, and the shares of categories."""
    decisions = {field: read_decisions(project, policy.name, field, opinions.item_keys) for field in project.fields}
    return {
        "labels": [unsafe_shares(opinions, policy, field, decisions[field]) for field in project.fields],
        "categories": category_shares(opinions),
        "splits": [vote_splits(field, each) for field, each in decisions.items()],
    }


def item_groups(opinions: Opinions) -> list[Group]:
    """Return the groups of items that are compared; each group's flags have shape (items,)."""
    sources = [("source", opinions.sources[at], opinions.item_source == at) for at in largest_sources(opinions)]
    return [
        ("all", "everything", np.ones_like(opinions.has_response)),
        *sources,
        ("response", "with a response", opinions.has_response),
        ("response", "prompt only", ~opinions.has_response),
    ]


def unsafe_shares(opinions: Opinions, policy: Policy, field: str, decisions: Decisions) -> dict[str, Any]:
    """Return, for each group, its items with this field, how many have a label, and the shares of unsafe."""
    rows = [group_shares(opinions, policy, field, decisions, group) for group in item_groups(opinions)]
    return {"field": field, "rows": [row for row in rows if row["items"]]}


def group_shares(opinions: Opinions, policy: Policy, field: str, decisions: Decisions, group: Group) -> dict[str, Any]:
    """Return the counts of one group, and the share of unsafe among its labels, human votes and ballots."""
    by, name, items = group
    here = items[decisions.item]
    labelled = int((here & (decisions.label >= 0)).sum())
    row = {
        "by": by,
        "name": name,
        "items": int(here.sum()),
        "labelled": labelled,
        "unsafe": share(int((here & (decisions.label == 1)).sum()), labelled),
    }
    included, unsafe = opinions.has_value(field) & items[opinions.item], opinions.is_unsafe(field, policy)
    for kind, is_kind in (("human", opinions.is_human), ("llm", ~opinions.is_human)):
        count = int((included & is_kind).sum())
        row[kind] = {"n": count, "unsafe": share(int((included & is_kind & unsafe).sum()), count)}
    return row


def category_shares(opinions: Opinions) -> dict[str, Any]:
    """
    Return the share of opinions that name each category, in each group, most named first.

    Only opinions that were asked for categories count. The groups are those of items, plus people and models.
    """
    asked = opinions.has_value("categories")
    groups = [(by, name, asked & items[opinions.item]) for by, name, items in item_groups(opinions)]
    groups += [("kind", "people", asked & opinions.is_human), ("kind", "models", asked & ~opinions.is_human)]
    groups = [group for group in groups if group[2].any()]
    rows: list[dict[str, Any]] = []
    for slug in sorted({slug for names in opinions.category_sets for slug in names}):
        is_named = np.array([*(slug in names for names in opinions.category_sets), False])[opinions.category_set]
        shares = [share(int((included & is_named).sum()), int(included.sum())) for _, _, included in groups]
        rows.append({"category": slug, "named": int((asked & is_named).sum()), "shares": shares})
    rows.sort(key=lambda row: (-row["named"], row["category"]))
    return {"groups": [{"by": by, "name": name, "n": int(each.sum())} for by, name, each in groups], "rows": rows}


def vote_splits(field: str, decisions: Decisions) -> dict[str, Any]:
    """
    Return how the counted opinions of items split, commonest split first.

    `two_to_one` is the share of 2 to 1 among items with three counted opinions; `by_one` is the share of all items
    with counted opinions whose majority is larger by one.
    """
    counted = decisions.safe + decisions.unsafe > 0
    most = np.maximum(decisions.safe, decisions.unsafe)[counted]
    least = np.minimum(decisions.safe, decisions.unsafe)[counted]
    splits, counts = np.unique(np.stack([most, least]), axis=1, return_counts=True)
    rows: list[dict[str, Any]] = [
        {"most": int(a), "least": int(b), "items": int(n), "share": share(int(n), len(most))}
        for (a, b), n in zip(splits.T, counts, strict=True)
    ]
    rows.sort(key=lambda row: (-row["items"], row["most"]))
    of_three = int(((most + least) == 3).sum())
    return {
        "field": field,
        "items": len(most),
        "rows": rows[:MAX_SPLITS],
        "of_three": of_three,
        "two_to_one": share(int(((most == 2) & (least == 1)).sum()), of_three),
        "by_one": share(int((most - least == 1).sum()), len(most)),
    }
