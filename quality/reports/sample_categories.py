"""How common each category is, by the blind random sample."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from adjudication.consensus import Opinion, decide
from adjudication.models import Decision
from adjudication.policies import POLICIES, Kind, Policy
from annotation.queries import asked_fields
from corpus.labels import FIELDS, Field
from corpus.models import Project
from quality.queries.sample import Draws
from quality.reports.arrays import LABELS, Opinions
from quality.reports.sample_parts import FieldSample, Labelled, odds_of_label, predicted_shares, prevalence
from quality.statistics.profiles import Codes
from quality.statistics.scores import Flags


def category_figures(
    project: Project, opinions: Opinions, policy: Policy, draws: Draws, parts: Sequence[FieldSample]
) -> list[dict[str, Any]]:
    """
    Return the share of items that people would give each category, most common first.

    People's categories are those of the policy `human`, with all votes of an item in; where these tie, those that an
    adjudicator settled.

    :param parts: the sample on every label field that people are asked for
    """
    votes = Ballots(opinions, opinions.is_human)
    named = {item: decide_categories(project, policy, votes, item) for item in fully_labelled(opinions, parts)}
    tied = [item for item, slugs in named.items() if slugs is None]
    named |= settled_categories(policy, opinions, tied)
    known = {item: slugs for item, slugs in named.items() if slugs is not None}
    part = labelled_part(opinions, draws, parts, np.array(sorted(known), dtype=np.int64))
    counts, by_models = model_counts(opinions)
    rows = []
    for slug in sorted({*by_models, *(slug for slugs in known.values() for slug in slugs)}):
        truth = np.zeros(len(opinions.item_keys), dtype=bool)
        truth[[item for item, slugs in known.items() if slug in slugs]] = True
        predicted = predicted_shares(counts, by_models.get(slug, np.zeros_like(counts)))
        rows.append({"category": slug, "share": prevalence(part, truth, predicted)})
    return sorted(rows, key=lambda row: (-(row["share"]["value"] or 0), row["category"]))


def fully_labelled(opinions: Opinions, parts: Sequence[FieldSample]) -> list[int]:
    """Return the index of every item of the sample with a label by people in each field that it has."""
    lacking, has = np.zeros(len(opinions.item_keys), dtype=bool), np.zeros(len(opinions.item_keys), dtype=bool)
    for part in parts:
        has[part.labelled] = True
        lacking[part.drawn[~part.is_labelled]] = True
    return [int(item) for item in np.flatnonzero(has & ~lacking)]


def labelled_part(opinions: Opinions, draws: Draws, parts: Sequence[FieldSample], labelled: Codes) -> Labelled:
    """Return the drawn items with any field of the project, and which of them are labelled."""
    has_field, is_labelled = (
        np.zeros(len(opinions.item_keys), dtype=bool),
        np.zeros(len(opinions.item_keys), dtype=bool),
    )
    is_labelled[labelled] = True
    for part in parts:
        has_field[part.drawn] = True
    chosen = has_field[draws.item]
    drawn, in_sample = draws.item[chosen], draws.in_sample[chosen]
    flags = is_labelled[drawn]
    return Labelled(drawn, in_sample, flags, odds_of_label(draws.odds[chosen], in_sample, flags))


class Ballots:
    """Opinions of one kind, to be looked up by item."""

    def __init__(self, opinions: Opinions, chosen: Flags) -> None:
        """
        :param chosen: shape (opinions,)
        """
        self.opinions = opinions
        self.at = np.flatnonzero(chosen)
        self.items = opinions.item[self.at]  # rising

    def on(self, item: int) -> list[Opinion]:
        """Return the opinions on an item, by its index."""
        first, last = np.searchsorted(self.items, [item, item + 1])
        return [self.opinion(int(at)) for at in self.at[first:last]]

    def opinion(self, at: int) -> Opinion:
        """Return one opinion as consensus reads it."""
        codes = {Field(field): int(self.opinions.labels[field][at]) for field in FIELDS}
        labels = {field: LABELS[code] for field, code in codes.items() if code >= 0}
        chosen = int(self.opinions.category_set[at])
        return Opinion(Kind.HUMAN, labels, tuple(sorted(self.opinions.category_sets[chosen])) if chosen >= 0 else ())


def decide_categories(project: Project, policy: Policy, votes: Ballots, item: int) -> frozenset[str] | None:
    """Return the categories that people give an item; None where their votes on a field tie."""
    human = replace(POLICIES["human"], quorum=1, caution=policy.caution)
    has_response = bool(votes.opinions.has_response[item])
    decision = decide(votes.on(item), human, fields=asked_fields(project), has_response=has_response, taxonomy=())
    if any(each.label is None for each in decision.fields.values()):
        return None
    return frozenset(decision.categories)


def settled_categories(policy: Policy, opinions: Opinions, items: list[int]) -> dict[int, frozenset[str]]:
    """Return the categories that adjudicators settled, by item; both by index."""
    places = {int(opinions.item_keys[item]): item for item in items}
    settled = Decision.objects.filter(policy=policy.name, status=Decision.Status.SETTLED, item__in=places)
    return {places[key]: frozenset(slugs) for key, slugs in settled.values_list("item", "categories")}


def model_counts(opinions: Opinions) -> tuple[Codes, dict[str, Codes]]:
    """Return how many ballots were asked for categories, by item, and how many name each: shape (items,) each."""
    asked, items = ~opinions.is_human & opinions.has_value("categories"), len(opinions.item_keys)
    sets, item = opinions.category_set[asked], opinions.item[asked]
    used = {slug for at in np.unique(sets) for slug in opinions.category_sets[at]}
    counts = {}
    for slug in used:
        is_named = np.array([slug in names for names in opinions.category_sets])
        counts[slug] = np.bincount(item[is_named[sets]], minlength=items)
    return np.bincount(item, minlength=items), counts
