"""Bias of the data: dialogues that name an identity group beside dialogues of the same kind that name none."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from adjudication.policies import Policy
from corpus.models import Project
from corpus.queries import categories_of
from quality.queries.groups import NamedGroups, read_groups
from quality.reports.arrays import Opinions, read_decisions
from quality.statistics.matched import FEWEST, compare
from quality.statistics.profiles import Codes
from quality.statistics.scores import Flags

BIAS = "bias"
LENGTHS = (50, 100, 200, 400, 800, 1600, 3200, 6400)
"Characters at which a bucket of lengths begins; the first bucket begins at 0."
TOP_CATEGORIES = 3
SAFE, UNSAFE, NEITHER = 0, 1, -1


@dataclass(frozen=True)
class Measure:
    """A property that dialogues may have; arrays of shape (items,)."""

    included: Flags
    "Whether it is known of a dialogue."
    has_property: Flags


@dataclass(frozen=True)
class Part:
    """The dialogues of one label field."""

    named: Flags
    "Shape (groups, items): whether the text that the label is about names the group."
    known: Flags
    "Shape (items,): whether all of that text is known."
    strata: Codes
    "Shape (items,): source and bucket of length as one number."
    bucket: Codes
    "Shape (items,)."


def bias_figures(project: Project, opinions: Opinions, policy: Policy) -> dict[str, Any]:
    """Return for each field how groups compare, which lengths there are, and what is missing."""
    groups = read_groups(project, opinions.item_keys)
    items = (groups.in_prompt | groups.in_response).sum(axis=1).tolist()
    counts = dict(zip(groups.attributes, items, strict=True))
    named = set().union(*opinions.category_sets)
    return {
        "terms_version": groups.version,
        "items": len(opinions.item_keys),
        "unknown": int((groups.prompt_length < 0).sum()),
        "fewest": FEWEST,
        "fields": [field_figures(project, opinions, policy, field, groups) for field in project.fields],
        "missing": {
            "groups": [group for group, count in counts.items() if not count],
            "few": {group: count for group, count in counts.items() if 0 < count < FEWEST},
            "categories": [each.slug for each in categories_of(project) if each.slug not in named],
        },
    }


def field_figures(
    project: Project, opinions: Opinions, policy: Policy, field: str, groups: NamedGroups
) -> dict[str, Any]:
    """Return the comparison of every group that is named, and the number of dialogues by length."""
    part = part_of(opinions, groups, field)
    measures = measures_of(project, opinions, policy, field)
    categories = category_measures(opinions)
    rows = [
        {"group": group, "attribute": attribute, **group_figures(part, at, measures, categories)}
        for at, (group, attribute) in enumerate(groups.attributes.items())
    ]
    sizes = np.bincount(part.bucket[part.known], minlength=len(LENGTHS) + 1).tolist()
    return {
        "field": field,
        "groups": [row for row in rows if row["items"]],
        "lengths": [
            {"from": low, "items": size, "unsafe": compared_lengths(part, at, measures["unsafe"])}
            for at, (low, size) in enumerate(zip((0, *LENGTHS), sizes, strict=True))
        ],
    }


def part_of(opinions: Opinions, groups: NamedGroups, field: str) -> Part:
    """Return the dialogues of a field: a prompt is read alone, a response with its prompt."""
    known, length, named = groups.prompt_length >= 0, groups.prompt_length, groups.in_prompt
    if field == "response_label":
        known, named = known & opinions.has_response, named | groups.in_response
        length = length + groups.response_length
    bucket = np.digitize(length, LENGTHS)
    return Part(named & known, known, opinions.item_source * (len(LENGTHS) + 1) + bucket, bucket)


def measures_of(project: Project, opinions: Opinions, policy: Policy, field: str) -> dict[str, Measure]:
    """
    Return what dialogues are compared by.

    `unsafe` is of dialogues with a label, `disagreement` of those with votes of two people or more. `false_alarms` is
    of those that most people call safe, `misses` of those that most call unsafe, where jurors have a majority, too.
    """
    decisions = read_decisions(project, policy.name, field, opinions.item_keys)
    label = np.full(len(opinions.item_keys), NEITHER)
    label[decisions.item] = decisions.label
    safe, unsafe = split(opinions, policy, field, opinions.is_human)
    people = majority(safe, unsafe)
    jurors = majority(*split(opinions, policy, field, ~opinions.is_human))
    return {
        "unsafe": Measure(label >= 0, label == UNSAFE),
        "disagreement": Measure(safe + unsafe > 1, (safe > 0) & (unsafe > 0)),
        "false_alarms": Measure((people == SAFE) & (jurors >= 0), jurors == UNSAFE),
        "misses": Measure((people == UNSAFE) & (jurors >= 0), jurors == SAFE),
    }


def split(opinions: Opinions, policy: Policy, field: str, chosen: Flags) -> tuple[Codes, Codes]:
    """Return how many of the chosen opinions on each item say safe and unsafe: each of shape (items,)."""
    kept, unsafe = opinions.has_value(field) & chosen, opinions.is_unsafe(field, policy)
    safe, hazard = (
        np.bincount(opinions.item[kept & says], minlength=len(opinions.item_keys)) for says in (~unsafe, unsafe)
    )
    return safe, hazard


def majority(safe: Codes, unsafe: Codes) -> Codes:
    """Return what most say of each item, shape (items,): SAFE, UNSAFE, or NEITHER where as many say either."""
    return np.select([safe > unsafe, unsafe > safe], [SAFE, UNSAFE], NEITHER)


def category_measures(opinions: Opinions) -> dict[str, Measure]:
    """Return for each category the dialogues of which it is named by half of the opinions that were asked, or more."""
    asked, size = opinions.has_value("categories"), len(opinions.item_keys)
    of = np.bincount(opinions.item[asked], minlength=size)
    found = {}
    for slug in sorted(set().union(*opinions.category_sets)):
        names = np.array([*(slug in each for each in opinions.category_sets), False])[opinions.category_set]
        found[slug] = Measure(
            of > 0, 2 * np.bincount(opinions.item[asked & names], minlength=size) >= np.maximum(of, 1)
        )
    return found


def group_figures(part: Part, at: int, measures: dict[str, Measure], categories: dict[str, Measure]) -> dict[str, Any]:
    """Return how one group compares by each measure, and by the categories that it has most of."""
    own = part.named[at]
    sizes = {slug: int((each.has_property & own).sum()) for slug, each in categories.items()}
    top = sorted((slug for slug, size in sizes.items() if size), key=lambda slug: (-sizes[slug], slug))
    return {
        "items": int(own.sum()),
        **{name: compared(part, own, measure) for name, measure in measures.items()},
        "categories": [{"category": slug, **compared(part, own, categories[slug])} for slug in top[:TOP_CATEGORIES]],
    }


def compared(part: Part, own: Flags, measure: Measure) -> dict[str, Any]:
    """Return the comparison of the dialogues that name a group with those that name none."""
    kept = measure.included & part.known
    plain = kept & ~part.named.any(axis=0)
    return asdict(compare(measure.has_property, own & kept, plain, part.strata))


def compared_lengths(part: Part, at: int, measure: Measure) -> dict[str, int]:
    """Return how many dialogues of a bucket of lengths have a property, of how many of which it is known."""
    kept = measure.included & part.known & (part.bucket == at)
    return {"count": int((measure.has_property & kept).sum()), "n": int(kept.sum())}
