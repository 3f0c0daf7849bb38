"""Estimates from the blind random sample: prevalence, how right jurors are, and whether they may replace a person."""

from dataclasses import asdict
from typing import Any

import numpy as np

from adjudication.policies import Policy
from annotation.models import SampleDraw
from annotation.queries import asked_fields
from annotation.sampling import count_undrawn, percent_of
from corpus.models import Project
from quality.queries.sample import read_draws
from quality.reports.arrays import Opinions
from quality.reports.sample_categories import category_figures
from quality.reports.sample_parts import (
    FieldSample,
    field_sample,
    label_counts,
    majority_labels,
    predicted_shares,
    prevalence,
)
from quality.statistics.alternative_annotator import EPSILON, Votes, replacements
from quality.statistics.prediction_powered import FEWEST
from quality.statistics.profiles import Codes, Numbers
from quality.statistics.weighted_scores import score_on_sample

PANEL = "panel"
"The kind of the row that stands for the majority of all jurors."


def has_sample(project: Project) -> bool:
    """Return whether a sample was ever drawn in the project."""
    return SampleDraw.objects.filter(project=project).exists()


def sample_figures(
    project: Project, opinions: Opinions, policy: Policy, *, epsilon: float = EPSILON, fields: tuple[str, ...] = ()
) -> dict[str, Any]:
    """
    Return the estimates from the blind random sample of a project.

    :param epsilon: how much worse than a person a juror may be, 0 to 1
    :param fields: label fields; by default all that people are asked for
    """
    draws, asked = read_draws(project, opinions.item_keys), asked_fields(project)
    parts = [field_sample(project, opinions, policy, draws, field) for field in asked]
    return {
        "percent": percent_of(project),
        "epsilon": epsilon,
        "items": len(draws.item),
        "sample": int(draws.in_sample.sum()),
        "undrawn": count_undrawn(project),
        "fields": [field_figures(opinions, policy, part, epsilon) for part in parts if part.field in (fields or asked)],
        "categories": category_figures(project, opinions, policy, draws, parts),
    }


def field_figures(opinions: Opinions, policy: Policy, part: FieldSample, epsilon: float) -> dict[str, Any]:
    """Return the estimates on one label field."""
    predicted = predicted_shares(*label_counts(opinions, policy, part.field, ~opinions.is_human))
    return {
        "field": part.field,
        "items": len(part.drawn),
        "sample": int(part.in_sample.sum()),
        "labelled": int(part.is_labelled.sum()),
        "tied": part.tied,
        "unsafe": prevalence(part, part.truth == 1, predicted),
        **source_figures(opinions, part, predicted),
        "judges": judge_figures(opinions, policy, part, epsilon),
    }


def source_figures(opinions: Opinions, part: FieldSample, predicted: Numbers) -> dict[str, Any]:
    """Return the share of unsafe in each source with enough labels, largest first, and how many others there are."""
    source = opinions.item_source[part.drawn]
    sizes = np.bincount(source, minlength=len(opinions.sources))
    enough = np.bincount(source[part.is_labelled], minlength=len(opinions.sources)) >= FEWEST
    rows = [
        {"source": opinions.sources[at], "unsafe": prevalence(part, part.truth == 1, predicted, source == at)}
        for at in np.argsort(-sizes, kind="stable")
        if enough[at]
    ]
    return {"sources": rows, "sources_left_out": int((sizes > 0).sum()) - len(rows)}


def judge_figures(opinions: Opinions, policy: Policy, part: FieldSample, epsilon: float) -> list[dict[str, Any]]:
    """Return how right each juror of the sample is, and whether it may replace a person; the panel comes last."""
    by_juror = juror_labels(opinions, policy, part)
    names = [("llm", opinions.raters[juror][1]) for juror in by_juror]
    labels = list(by_juror.values())
    if len(labels) > 1:
        names.append((PANEL, ""))
        labels.append(majority_labels(*label_counts(opinions, policy, part.field, ~opinions.is_human)))
    tests = replacements(sample_votes(opinions, policy, part), labels, epsilon=epsilon)
    return [
        {"kind": kind, "rater": name, **asdict(score_of(part, given)), "replaces": asdict(test)}
        for (kind, name), given, test in zip(names, labels, tests, strict=True)
    ]


def juror_labels(opinions: Opinions, policy: Policy, part: FieldSample) -> dict[int, Codes]:
    """Return the labels of every juror who judged an item of the sample, (items,) each, by the rater's index."""
    in_sample = np.zeros(len(opinions.item_keys), dtype=bool)
    in_sample[part.labelled] = True
    counted = ~opinions.is_human & opinions.has_value(part.field) & in_sample[opinions.item]
    unsafe = opinions.is_unsafe(part.field, policy)
    labels = {}
    for juror in np.unique(opinions.rater[counted]):
        own = counted & (opinions.rater == juror)
        labels[int(juror)] = np.full(len(opinions.item_keys), -1)
        labels[int(juror)][opinions.item[own]] = unsafe[own]
    return labels


def score_of(part: FieldSample, labels: Codes) -> Any:
    """Return how right some labels, (items,), are on the sample."""
    compared = part.is_labelled & (labels[part.drawn] >= 0)
    at = part.drawn[compared]
    return score_on_sample(labels[at] == 1, part.truth[at] == 1, part.odds[compared])


def sample_votes(opinions: Opinions, policy: Policy, part: FieldSample) -> Votes:
    """Return people's votes on the items of the sample that have all their votes."""
    odds = np.zeros(len(opinions.item_keys))
    odds[part.labelled] = part.odds[part.is_labelled]
    kept = opinions.is_human & opinions.has_value(part.field) & (odds[opinions.item] > 0)
    item = opinions.item[kept]
    return Votes(item, opinions.rater[kept], opinions.is_unsafe(part.field, policy)[kept], odds[item])
