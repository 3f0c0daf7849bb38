"""Bias of the data: dialogues that name an identity group beside dialogues of the same kind that name none."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from adjudication.policies import Policy
from corpus.models import Project
from corpus.queries import categories_of
from quality.queries.groups import NamedGroups, read_groups
from quality.queries.scripts import count_written, script_counts
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

    @cached_property
    def plain(self) -> Flags:
        """Which dialogues are known and name no group: shape (items,)."""
        return self.known & ~self.named.any(axis=0)


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
        "groups": len(groups.attributes),
        "written": count_written(project),
        "scripts": script_counts(project),
        "categories": category_counts(opinions),
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
    return {
        "field": field,
        "items": int(part.known.sum()),
        "named": int((part.known & ~part.plain).sum()),
        "groups": [row for row in rows if row["items"]],
        "jurors": juror_figures(part, opinions, policy, field, list(groups.attributes)),
        "sources": [
            {"source": source, **part_counts(part, opinions.item_source == at, measures["unsafe"])}
            for at, source in enumerate(opinions.sources)
        ],
        "lengths": [
            {"from": low, **part_counts(part, part.bucket == at, measures["unsafe"])}
            for at, low in enumerate((0, *LENGTHS))
        ],
    }


def juror_figures(
    part: Part, opinions: Opinions, policy: Policy, field: str, groups: Sequence[str]
) -> list[dict[str, Any]]:
    """Return for each juror how often it errs on dialogues of each group, held against most people, and on others."""
    people = majority(*split(opinions, policy, field, opinions.is_human))
    found = []
    for at, (kind, name) in enumerate(opinions.raters):
        if kind == "llm":
            says = majority(*split(opinions, policy, field, opinions.rater == at))
            measures = errors_of(people, says)
            rows: list[dict[str, Any]] = [
                {"group": group, **{name: compared(part, part.named[g], each) for name, each in measures.items()}}
                for g, group in enumerate(groups)
            ]
            found.append({"rater": name, "groups": [row for row in rows if any(row[key]["n"] for key in measures)]})
    return found


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
        **errors_of(people, jurors),
    }


def errors_of(people: Codes, jurors: Codes) -> dict[str, Measure]:
    """Return where jurors differ from most people, by what these say; both have the shape (items,)."""
    return {
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
    return asdict(compare(measure.has_property, own & kept, part.plain & measure.included, part.strata))


def part_counts(part: Part, chosen: Flags, measure: Measure) -> dict[str, Any]:
    """Return how many dialogues are chosen, how many of these name a group, and how many labelled ones are unsafe."""
    here = part.known & chosen
    kept = measure.included & here
    unsafe = {"count": int((measure.has_property & kept).sum()), "n": int(kept.sum())}
    return {"items": int(here.sum()), "named": int((here & ~part.plain).sum()), "unsafe": unsafe}


def category_counts(opinions: Opinions) -> list[dict[str, Any]]:
    """Return of how many dialogues each category is named by half of the opinions or more, most first."""
    counts = {slug: int(each.has_property.sum()) for slug, each in category_measures(opinions).items()}
    most_first = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return [{"category": slug, "items": count} for slug, count in most_first]
