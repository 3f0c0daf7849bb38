"""What the data looks like by source, with a response or without, and by who judged it; and how votes split."""

from typing import Any

import numpy as np

from adjudication.policies import Policy
from corpus.models import Project
from quality.reports.agreement import MOST_SOURCES
from quality.reports.arrays import Decided, Opinions, read_decided
from quality.statistics.scores import Flags, share

MOST_SPLITS = 12
KINDS = ("human", "llm")


def measure(project: Project, opinions: Opinions, policy: Policy) -> dict[str, Any]:
    decided = {field: read_decided(project, policy.name, field, opinions.keys) for field in project.fields}
    return {
        "labels": [labels_of(opinions, policy, field, decided[field]) for field in project.fields],
        "categories": categories_of(opinions),
        "splits": [splits_of(field, each) for field, each in decided.items()],
    }


def groups_of(opinions: Opinions) -> list[tuple[str, str, Flags]]:
    """Name the groups of items that are set side by side: (what by, name, its items)."""
    sizes = np.bincount(opinions.source, minlength=len(opinions.sources))
    sources = [
        ("source", opinions.sources[at], opinions.source == at)
        for at in np.argsort(-sizes, kind="stable")[:MOST_SOURCES]
    ]
    kinds = [
        ("response", "with a response", opinions.has_response),
        ("response", "prompt only", ~opinions.has_response),
    ]
    return [("all", "everything", np.ones_like(opinions.has_response)), *sources, *kinds]


def labels_of(opinions: Opinions, policy: Policy, field: str, decided: Decided) -> dict[str, Any]:
    """In each group: items with this field, how many have a label, the share of unsafe among labels and opinions."""
    said, unsafe = opinions.of(field), opinions.unsafe(field, policy)
    rows = []
    for by, name, items in groups_of(opinions):
        here = items[decided.item]
        labelled = int((here & (decided.label >= 0)).sum())
        row = {"by": by, "name": name, "items": int(here.sum()), "labelled": labelled}
        row["unsafe"] = share(int((here & (decided.label == 1)).sum()), labelled)
        for kind, of_kind in zip(KINDS, (opinions.is_human, ~opinions.is_human), strict=True):
            of = said & of_kind & items[opinions.item]
            row[kind] = {"n": int(of.sum()), "unsafe": share(int((of & unsafe).sum()), int(of.sum()))}
        if row["items"]:
            rows.append(row)
    return {"field": field, "rows": rows}


def categories_of(opinions: Opinions) -> dict[str, Any]:
    """Of the opinions asked for categories in each group, the share that names each category; by kind of rater too."""
    asked = opinions.of("categories")
    groups = [(by, name, asked & items[opinions.item]) for by, name, items in groups_of(opinions)]
    groups += [("kind", "people", asked & opinions.is_human), ("kind", "models", asked & ~opinions.is_human)]
    groups = [group for group in groups if group[2].any()]
    rows: list[dict[str, Any]] = []
    for slug in sorted({slug for each in opinions.sets for slug in each}):
        names_it = np.array([*(slug in each for each in opinions.sets), False])[opinions.set]
        shares = [share(int((of & names_it).sum()), int(of.sum())) for _, _, of in groups]
        rows.append({"category": slug, "named": int((asked & names_it).sum()), "shares": shares})
    rows.sort(key=lambda row: (-row["named"], row["category"]))
    return {"groups": [{"by": by, "name": name, "n": int(of.sum())} for by, name, of in groups], "rows": rows}


def splits_of(field: str, decided: Decided) -> dict[str, Any]:
    """How opinions that were counted split, of the items that have any: commonest first; 2 to 1 apart."""
    counted = decided.safe + decided.unsafe > 0
    most = np.maximum(decided.safe, decided.unsafe)[counted]
    least = np.minimum(decided.safe, decided.unsafe)[counted]
    found, counts = np.unique(np.stack([most, least]), axis=1, return_counts=True)
    rows: list[dict[str, Any]] = [
        {"most": int(a), "least": int(b), "items": int(n), "share": share(int(n), len(most))}
        for (a, b), n in zip(found.T, counts, strict=True)
    ]
    rows.sort(key=lambda row: (-row["items"], row["most"]))
    of_three = int(((most + least) == 3).sum())
    two_to_one = share(int(((most == 2) & (least == 1)).sum()), of_three)
    by_one = share(int((most - least == 1).sum()), len(most))
    return {
        "field": field,
        "items": len(most),
        "rows": rows[:MOST_SPLITS],
        "of_three": of_three,
        "two_to_one": two_to_one,
        "by_one": by_one,
    }
