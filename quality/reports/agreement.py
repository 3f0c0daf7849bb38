"""How far raters agree: by field, category, source and kind of rater, with intervals."""

from dataclasses import asdict
from typing import Any

import numpy as np

from corpus.models import Project
from quality.reports.arrays import LABELS, Opinions
from quality.statistics import agreement, reliability
from quality.statistics.agreement import Codes, Table
from quality.statistics.reliability import Distance
from quality.statistics.scores import Flags

MOST_SOURCES = 20
MOST_RATERS = 30
Kinds = dict[str, Flags]


def measure(project: Project, opinions: Opinions) -> dict[str, Any]:
    return {
        "fields": [of_field(opinions, field) for field in project.fields],
        "categories": of_sets(opinions),
        "each_category": of_each_category(opinions),
        "matrices": [of_pairs(opinions, field) for field in project.fields],
        "sources_left_out": max(0, len(opinions.sources) - MOST_SOURCES),
    }


def of_field(opinions: Opinions, field: str) -> dict[str, Any]:
    values, said = opinions.labels[field], opinions.of(field)
    return {
        "field": field,
        "kinds": by_kind(opinions, values, said, len(LABELS), is_ordered=True),
        "sources": by_source(opinions, values, said, len(LABELS)),
    }


def of_sets(opinions: Opinions) -> dict[str, Any]:
    distance = reliability.masi(opinions.sets)
    said = opinions.of("categories")
    return {
        "kinds": by_kind(opinions, opinions.set, said, len(opinions.sets), distance=distance),
        "sources": by_source(opinions, opinions.set, said, len(opinions.sets), distance=distance),
    }


def of_each_category(opinions: Opinions) -> list[dict[str, Any]]:
    """Of every category: is it named or not, over the opinions that were asked for categories; most-named first."""
    said = opinions.of("categories")
    found = []
    for slug in sorted({slug for each in opinions.sets for slug in each}):
        is_named = np.array([*(slug in each for each in opinions.sets), False], dtype=np.int64)[opinions.set]
        kinds = by_kind(opinions, is_named, said, 2)
        found.append({"category": slug, "named": int(is_named[said].sum()), "kinds": kinds})
    return sorted(found, key=lambda each: (-each["named"], each["category"]))


def by_source(
    opinions: Opinions, values: Codes, said: Flags, count: int, distance: Distance = reliability.nominal
) -> list[dict[str, Any]]:
    sizes = np.bincount(opinions.source, minlength=len(opinions.sources))
    found = []
    for source in np.argsort(-sizes, kind="stable")[:MOST_SOURCES]:
        theirs = said & (opinions.source[opinions.item] == source)
        kinds = by_kind(opinions, values, theirs, count, distance=distance)
        found.append({"source": opinions.sources[source], "kinds": kinds})
    return found


def by_kind(
    opinions: Opinions,
    values: Codes,
    said: Flags,
    count: int,
    *,
    distance: Distance = reliability.nominal,
    is_ordered: bool = False,
) -> dict[str, Any]:
    """Measure everybody, people among themselves, models among themselves, and people with models."""
    chosen = {"all": said, "human": said & opinions.is_human, "llm": said & ~opinions.is_human}
    tables = {kind: table_of(opinions, values, of, count) for kind, of in chosen.items()}
    found = {
        kind: of_table(table, raters_in(opinions, chosen[kind]), distance, is_ordered=is_ordered)
        for kind, table in tables.items()
    }
    both = (tables["human"].sum(axis=1) > 0) & (tables["llm"].sum(axis=1) > 0)
    between = reliability.cross_alpha(tables["human"], tables["llm"], distance)
    return found | {"between": {"items": int(both.sum()), "alpha": asdict(between)}}


def table_of(opinions: Opinions, values: Codes, chosen: Flags, count: int) -> Table:
    """Count how often each item got each value; items with none at the end may be missing."""
    items = len(opinions.keys)
    width = max(count, 1)
    cells = opinions.item[chosen] * width + values[chosen]
    return np.bincount(cells, minlength=items * width).reshape(items, width)


def raters_in(opinions: Opinions, chosen: Flags) -> int:
    return len(np.unique(opinions.rater[chosen]))


def of_table(table: Table, raters: int, distance: Distance, *, is_ordered: bool = False) -> dict[str, Any]:
    shared = table[table.sum(axis=1) >= 2]
    found = {
        "items": len(shared),
        "raters": raters,
        "opinions": int(shared.sum()),
        "percent": agreement.percent(shared),
        "alpha": asdict(reliability.alpha(shared, distance)),
        "fleiss": asdict(reliability.fleiss(shared)),
    }
    if is_ordered:
        found["ordinal_alpha"] = asdict(reliability.alpha(shared, reliability.ordinal))
    return found


def of_pairs(opinions: Opinions, field: str) -> dict[str, Any]:
    """Cohen's kappa of every two of the raters with the most opinions, as the rows of a matrix."""
    ratings = opinions.ratings(field)
    counts = np.bincount(ratings.raters, minlength=len(opinions.raters))
    heard = np.flatnonzero(counts)
    shown = np.sort(heard[np.argsort(-counts[heard], kind="stable")][:MOST_RATERS])
    place = np.full(len(opinions.raters), -1)
    place[shown] = np.arange(len(shown))
    of = place[ratings.raters] >= 0
    few = agreement.Ratings(ratings.items[of], place[ratings.raters[of]], ratings.values[of]).only_shared()
    cells: list[list[dict[str, Any] | None]] = [[None] * len(shown) for _ in shown]
    for pair in agreement.cohen_kappas(few, raters=len(shown)):
        cells[pair.a][pair.b] = cells[pair.b][pair.a] = {"kappa": pair.kappa, "n": pair.n}
    names = [opinions.raters[at] for at in shown]
    rows = [{"rater": name, "kind": kind, "cells": row} for (kind, name), row in zip(names, cells, strict=True)]
    return {"field": field, "rows": rows, "raters_left_out": len(heard) - len(shown)}
