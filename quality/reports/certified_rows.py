"""What a certificate of machine labels stands on, counted by score: the panel, people and the blind random sample."""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from adjudication.certifying.sets import SetGroup
from adjudication.panel_scores import BINS, PARTS, ScoreBy
from adjudication.policies import PANEL, Policy, policy_of
from adjudication.queries.set_evidence import read_set_groups
from annotation.queries import asked_fields
from annotation.sampling import count_undrawn, percent_of
from corpus.labels import NEEDS_RESPONSE, Field
from corpus.models import Project
from quality.queries.parts import Parts, may_have_parts, read_parts
from quality.queries.sample import Draws, read_draws, read_wanting
from quality.reports.arrays import Opinions, read_decisions
from quality.reports.sample_parts import label_counts, majority_labels
from quality.reports.scores import settled_labels
from quality.statistics.profiles import Codes
from quality.statistics.scores import Flags

BY_PROBABILITY = "probability"
"Where the evidence has what differs by the other score; left out where no ballot has a probability."
NOT_ASKED, BY_PEOPLE, NO_SCORE = -3, -2, -1
"Codes of items that lack a field, that people have decided, and on which people, or a panel of two or more, tie."


@dataclass(frozen=True)
class Panel:
    """What the panel says of a label field; arrays of shape (items,)."""

    scores: list[Fraction]
    "Every distinct score, from the strictest down, as of `adjudication.panel_scores`."
    level: Codes
    "Index of the item's score, or NO_SCORE."
    label: Codes
    "0 for safe, 1 for unsafe, -1 where the panel is too small or tied."


@dataclass(frozen=True)
class People:
    """What people say of a label field; arrays of shape (items,)."""

    votes: Codes
    "How many of them label the field."
    label: Codes
    "By most of them or by an adjudicator: 0 for safe, 1 for unsafe, else -1."
    has_decided: Flags
    "Whether an adjudicator settled it, or most of a quorum agree."
    is_complete: Flags
    "Whether no wanted vote is missing and the label is known."
    is_open: Flags
    "Whether fewer than a quorum have voted, so that the panel may decide."
    is_tied: Flags
    "Whether no vote is missing, and there is no label all the same."


def read_panel(opinions: Opinions, policy: Policy, field: str, parts: Parts | None = None) -> Panel:
    """
    Return the score and the label of the panel on every item.

    :param parts: the probabilities of the ballots, which the scores go by; None for scores by share
    """
    counted, unsafe = label_counts(opinions, policy, field, ~opinions.is_human)
    label = majority_labels(counted, unsafe)
    label[counted < PANEL] = -1
    agreeing, total = np.maximum(unsafe, counted - unsafe), counted
    if parts is not None:
        agreeing = bins_of(opinions, field, parts[field], label, counted)
        label[agreeing == 0] = -1
        total = np.full(len(label), BINS)
    known = np.flatnonzero(label >= 0)
    agreeing, total = agreeing[known], total[known]
    divisor = np.gcd(agreeing, total)
    pairs, index = np.unique(np.stack([agreeing // divisor, total // divisor]), axis=1, return_inverse=True)
    scores = [Fraction(int(a), int(n)) for a, n in pairs.T]
    order = sorted(range(len(scores)), key=lambda at: -scores[at])
    rank = np.empty(len(scores), dtype=np.int64)
    rank[order] = np.arange(len(scores))
    level = np.full(len(label), NO_SCORE)
    level[known] = rank[index.ravel()]
    return Panel([scores[at] for at in order], level, label)


def bins_of(opinions: Opinions, field: str, parts: Codes, label: Codes, counted: Codes) -> Codes:
    """
    Return the bin of the mean probability of the panel's label, 0 where it has no score: shape (items,).

    :param label: of the panel, shape (items,), as is `counted`, how many ballots label the field
    """
    labels, item = opinions.labels[field][~opinions.is_human] >= 0, opinions.item[~opinions.is_human]
    has_part = labels & (parts >= 0)
    known = np.bincount(item[has_part], minlength=len(label))
    sums = np.bincount(item[has_part], weights=parts[has_part], minlength=len(label)).astype(np.int64)
    of_label = np.where(label == 1, sums, counted * PARTS - sums)
    bins = np.minimum(BINS - 1, BINS * of_label // np.maximum(1, counted * PARTS))
    return np.where((label >= 0) & (known == counted), bins, 0)


def read_people(project: Project, opinions: Opinions, policy: Policy, field: str) -> People:
    """Return what people say of every item."""
    votes, unsafe = label_counts(opinions, policy, field, opinions.is_human)
    settled = settled_labels(read_decisions(project, policy.name, field, opinions.item_keys), len(votes))
    label = np.where(settled >= 0, settled, majority_labels(votes, unsafe))
    has_decided = (label >= 0) & ((settled >= 0) | (votes >= policy.quorum))
    is_complete = has_decided & ((settled >= 0) | (votes >= project.votes_wanted))
    is_tied = (label < 0) & (votes >= max(policy.quorum, project.votes_wanted))
    is_open = ~has_decided & (votes < policy.quorum)
    return People(votes, label, has_decided, is_complete, is_open, is_tied)


def evidence_figures(project: Project, opinions: Opinions, policy: Policy) -> dict[str, Any]:
    """Return everything a certificate at any error and risk can be worked out from, as plain JSON."""
    draws, wanting = read_draws(project, opinions.item_keys), read_wanting(project, opinions.item_keys)
    fields = asked_fields(project)
    people = {field: read_people(project, opinions, policy, field) for field in fields}
    has_field = {field: wanting & field_is_there(opinions, field) for field in fields}
    votes = np.stack([people[field].votes for field in fields]).max(axis=0)
    missing, chosen = np.maximum(0, project.votes_wanted - votes), wanting & ~sampled(draws, len(votes))

    def scored(score_by: ScoreBy, parts: Parts | None = None) -> dict[str, Any]:
        panels = {field: read_panel(opinions, policy, field, parts) for field in fields}
        codes = np.stack([item_codes(panels[field], people[field], has_field[field]) for field in fields])
        return {
            "fields": [
                field_rows(field, panels[field], people[field], draws, has_field[field])
                | jurors_on_sample(opinions, policy, field, people[field], draws)
                for field in fields
            ],
            "sets": [group_row(group) for group in read_set_groups(project, certified_by(project, score_by))],
            "groups": open_groups(codes, missing, chosen),
        }

    parts = read_parts(project) if may_have_parts(project) else {}
    has_parts = bool(project.certified_score_by) or any((column >= 0).any() for column in parts.values())
    by_probability = {BY_PROBABILITY: scored(ScoreBy.PROBABILITY, parts)} if has_parts else {}
    return {
        "percent": percent_of(project),
        "votes_wanted": project.votes_wanted,
        "quorum": policy.quorum,
        "items": int(wanting.sum()),
        "undrawn": count_undrawn(project),
        "sample": int(draws.in_sample.sum()),
        "uniform": int(draws.in_smallest.sum()),
        **scored(ScoreBy.SHARE),
        **by_probability,
        "sample_votes": int(missing[draws.item[draws.in_sample]].sum()),
    }


def certified_by(project: Project, score_by: ScoreBy) -> Policy:
    """Return the project's policy `certified` with one of the scores."""
    policy = policy_of(project, "certified")
    return replace(policy, promise=policy.promise and replace(policy.promise, score_by=score_by))


def group_row(group: SetGroup) -> dict[str, Any]:
    """Return items whose category sets are alike in what counts, as plain JSON."""
    return {
        "scores": [[str(field), *score.as_integer_ratio()] for field, score in group.scores],
        "asked": sorted(group.asked),
        "is_unsafe": group.is_unsafe,
        "is_drawn": group.is_drawn,
        "is_complete": group.is_complete,
        "losses": [list(loss.as_integer_ratio()) for loss in group.losses] if group.losses else None,
        "items": group.items,
    }


def field_is_there(opinions: Opinions, field: str) -> Flags:
    """Return which items have a field: shape (items,)."""
    return opinions.has_response if Field(field) in NEEDS_RESPONSE else np.ones(len(opinions.item_keys), dtype=bool)


def sampled(draws: Draws, items: int) -> Flags:
    """Return which items are in the sample: shape (items,)."""
    found = np.zeros(items, dtype=bool)
    found[draws.item[draws.in_sample]] = True
    return found


def field_rows(field: str, panel: Panel, people: People, draws: Draws, has_field: Flags) -> dict[str, Any]:
    """Return how the sample and all items spread over the scores of one field."""
    at = draws.item[draws.in_smallest]
    at = at[has_field[at]]
    level, count = panel.level[at], len(panel.scores)
    missing = ~people.is_complete[at]
    wrong = ~missing & (people.label[at] != panel.label[at])

    def by_level(levels: Codes) -> Codes:
        return np.bincount(levels[levels >= 0], minlength=count)

    rows = zip(
        panel.scores,
        by_level(level),
        by_level(level[wrong]),
        by_level(level[missing]),
        by_level(panel.level[has_field]),
        by_level(panel.level[has_field & people.is_open]),
        by_level(panel.level[has_field & people.has_decided & (people.label != panel.label)]),
        strict=True,
    )
    return {
        "field": field,
        "items": int(has_field.sum()),
        "by_people": int((has_field & people.has_decided).sum()),
        "without_score": int((has_field & ~people.has_decided & (panel.level < 0)).sum()),
        "sample": len(at),
        "labelled": int(people.is_complete[at].sum()),
        "tied": int((people.is_tied[at] & (level >= 0)).sum()),
        "levels": [
            {
                "agreeing": score.numerator,
                "counted": score.denominator,
                "sample": int(n),
                "errors": int(errors),
                "missing": int(lacking),
                "items": int(items),
                "open": int(undecided),
                "found": int(found),
            }
            for score, n, errors, lacking, items, undecided, found in rows
        ],
    }


def jurors_on_sample(
    opinions: Opinions, policy: Policy, field: str, people: People, draws: Draws
) -> dict[str, list[dict[str, Any]]]:
    """Return how many labels each juror gave on the sample, and how many differ from people's: most errors first."""
    chosen = np.zeros(len(opinions.item_keys), dtype=bool)
    chosen[draws.item[draws.in_smallest & draws.is_reached]] = True
    chosen &= people.is_complete
    kept = ~opinions.is_human & opinions.has_value(field) & chosen[opinions.item]
    wrong = opinions.is_unsafe(field, policy)[kept] != people.label[opinions.item[kept]]
    count = np.bincount(opinions.rater[kept], minlength=len(opinions.raters))
    errors = np.bincount(opinions.rater[kept][wrong], minlength=len(opinions.raters))
    found = [
        {"juror": opinions.raters[at][1], "n": int(count[at]), "errors": int(errors[at])}
        for at in np.flatnonzero(count)
    ]
    return {"jurors": sorted(found, key=lambda row: -row["errors"] / row["n"])}


def item_codes(panel: Panel, people: People, has_field: Flags) -> Codes:
    """Return for every item the index of its score, or NOT_ASKED, BY_PEOPLE or NO_SCORE: shape (items,)."""
    codes = np.where(people.has_decided, BY_PEOPLE, np.where(people.is_open, panel.level, NO_SCORE))
    return np.where(has_field, codes, NOT_ASKED)


def open_groups(codes: Codes, missing: Codes, chosen: Flags) -> list[dict[str, Any]]:
    """
    Return how many items, and missing votes of people, there are for every combination of codes.

    :param codes: shape (fields, items), of `item_codes`
    :param missing: shape (items,), votes that the item lacks
    :param chosen: shape (items,), the items to count; those without a missing vote are left out
    """
    kept = chosen & (missing > 0)
    values, index = np.unique(codes[:, kept], axis=1, return_inverse=True)
    items = np.bincount(index.ravel(), minlength=values.shape[1])
    votes = np.bincount(index.ravel(), weights=missing[kept], minlength=values.shape[1])
    return [
        {"levels": [int(code) for code in values[:, at]], "items": int(items[at]), "votes": int(votes[at])}
        for at in range(values.shape[1])
    ]
