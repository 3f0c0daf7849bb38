"""Agreement between raters, with intervals: by field, category, source and kind of rater."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from corpus.models import Project
from quality.reports.arrays import Opinions
from quality.statistics.agreement import Ratings, cohen_kappas, percent_agreement
from quality.statistics.distances import NOMINAL, Distance, Masi
from quality.statistics.profiles import Codes
from quality.statistics.reliability import (
    cross_replication_kappa,
    fleiss,
    items_of_both,
    krippendorff_alpha,
    ordinal_alpha,
)
from quality.statistics.scores import Flags

MAX_SOURCES = 20
MAX_RATERS = 30


@dataclass(frozen=True)
class Coding:
    """The values whose agreement is computed."""

    values: Codes
    "Shape (opinions,), 0 or more where it is included."
    included: Flags
    "Shape (opinions,)."
    distance: Distance = NOMINAL
    is_ordered: bool = False
    "Whether alpha with ordinal distance is wanted, too."

    def restrict_to(self, chosen: Flags) -> "Coding":
        """Return the same coding over fewer opinions; `chosen` has shape (opinions,)."""
        return replace(self, included=self.included & chosen)

    def ratings(self, opinions: Opinions) -> Ratings:
        """Return the included values in long form."""
        return Ratings(opinions.item[self.included], opinions.rater[self.included], self.values[self.included])


def agreement_figures(project: Project, opinions: Opinions) -> dict[str, Any]:
    """Return agreement on each field, on categories as sets and on each category, and a matrix of kappas per field."""
    return {
        "fields": [field_agreement(opinions, field) for field in project.fields],
        "categories": category_set_agreement(opinions),
        "each_category": category_agreements(opinions),
        "matrices": [kappa_matrix(opinions, field) for field in project.fields],
        "sources_left_out": max(0, len(opinions.sources) - MAX_SOURCES),
    }


def field_agreement(opinions: Opinions, field: str) -> dict[str, Any]:
    """Return agreement on one label field, by kind of rater and by source."""
    coding = Coding(opinions.labels[field], opinions.has_value(field))
    return {
        "field": field,
        "kinds": agreement_by_kind(opinions, replace(coding, is_ordered=True)),
        "sources": agreement_by_source(opinions, coding),
    }


def category_set_agreement(opinions: Opinions) -> dict[str, Any]:
    """Return agreement on categories as sets, under the MASI distance."""
    coding = Coding(opinions.category_set, opinions.has_value("categories"), Masi(opinions.category_sets))
    return {"kinds": agreement_by_kind(opinions, coding), "sources": agreement_by_source(opinions, coding)}


def category_agreements(opinions: Opinions) -> list[dict[str, Any]]:
    """
    Return agreement on whether each category is named, most named first.

    Only opinions that were asked for categories count.
    """
    included = opinions.has_value("categories")
    rows = []
    for slug in sorted({slug for names in opinions.category_sets for slug in names}):
        is_named = np.array([*(slug in names for names in opinions.category_sets), False], dtype=np.int64)
        values = is_named[opinions.category_set]
        kinds = agreement_by_kind(opinions, Coding(values, included))
        for kind, chosen in (("all", included), *of_kinds(opinions, included)):
            kinds[kind]["named"] = int(values[chosen].sum())
        rows.append({"category": slug, "named": kinds["all"]["named"], "kinds": kinds})
    return sorted(rows, key=lambda row: (-row["named"], row["category"]))


def of_kinds(opinions: Opinions, chosen: Flags) -> list[tuple[str, Flags]]:
    """Return which of some opinions are people's and which are models', by the kind's name: shape (opinions,) each."""
    return [("human", chosen & opinions.is_human), ("llm", chosen & ~opinions.is_human)]


def agreement_by_source(opinions: Opinions, coding: Coding) -> list[dict[str, Any]]:
    """Return agreement within each of the largest sources, largest first."""
    rows = []
    for source in largest_sources(opinions):
        here = opinions.item_source[opinions.item] == source
        rows.append(
            {"source": opinions.sources[source], "kinds": agreement_by_kind(opinions, coding.restrict_to(here))}
        )
    return rows


def largest_sources(opinions: Opinions) -> Codes:
    """Return the indices of the sources with the most items, at most MAX_SOURCES, largest first."""
    sizes = np.bincount(opinions.item_source, minlength=len(opinions.sources))
    return np.argsort(-sizes, kind="stable")[:MAX_SOURCES]


def agreement_by_kind(opinions: Opinions, coding: Coding) -> dict[str, Any]:
    """Return agreement among all raters, among people, among models, and between people and models."""
    kinds = {
        "all": coding,
        "human": coding.restrict_to(opinions.is_human),
        "llm": coding.restrict_to(~opinions.is_human),
    }
    ratings = {kind: each.ratings(opinions) for kind, each in kinds.items()}
    figures = {kind: group_agreement(each, coding) for kind, each in ratings.items()}
    in_both = items_of_both(ratings["human"], ratings["llm"])
    between = cross_replication_kappa(ratings["human"], ratings["llm"], coding.distance)
    return figures | {"between": {"items": int(in_both.sum()), "alpha": asdict(between)}}


def group_agreement(ratings: Ratings, coding: Coding) -> dict[str, Any]:
    """
    Return agreement on items with two or more opinions.

    :param ratings: the opinions of one group of raters
    """
    shared = ratings.only_shared()
    profiles = shared.profiles()
    figures = {
        "items": len(profiles.of_item),
        "raters": len(np.unique(ratings.raters)),
        "opinions": len(shared),
        "percent": percent_agreement(profiles),
        "alpha": asdict(krippendorff_alpha(profiles, coding.distance)),
        "fleiss": asdict(fleiss(profiles)),
    }
    if coding.is_ordered:
        figures["ordinal_alpha"] = asdict(ordinal_alpha(profiles))
    return figures


def kappa_matrix(opinions: Opinions, field: str) -> dict[str, Any]:
    """Return Cohen's kappa of every two of the MAX_RATERS raters with the most opinions, as rows of a matrix."""
    ratings = opinions.ratings(field)
    counts = np.bincount(ratings.raters, minlength=len(opinions.raters))
    active = np.flatnonzero(counts)
    shown = np.sort(active[np.argsort(-counts[active], kind="stable")][:MAX_RATERS])
    place = np.full(len(opinions.raters), -1)
    place[shown] = np.arange(len(shown))
    kept = place[ratings.raters] >= 0
    shared = Ratings(ratings.items[kept], place[ratings.raters[kept]], ratings.values[kept]).only_shared()
    cells: list[list[dict[str, Any] | None]] = [[None] * len(shown) for _ in shown]
    for pair in cohen_kappas(shared, raters=len(shown)):
        cells[pair.a][pair.b] = cells[pair.b][pair.a] = {"kappa": pair.kappa, "n": pair.n}
    names = [opinions.raters[at] for at in shown]
    rows = [{"rater": name, "kind": kind, "cells": row} for (kind, name), row in zip(names, cells, strict=True)]
    return {"field": field, "rows": rows, "raters_left_out": len(active) - len(shown)}
