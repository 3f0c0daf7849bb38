"""Why people disagree on each label field: shares of slips, unclear rules and different values, and the evidence."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from adjudication.policies import Policy
from corpus.models import Project
from quality.queries.disagreement import (
    changed_texts,
    read_gold_answers,
    read_item_words,
    read_passages,
    read_repeats,
    read_times,
    read_words,
)
from quality.reports.arrays import Opinions, unsafe_by_code
from quality.statistics.disagreement.passages import Passages, UnclearPassage, nearest
from quality.statistics.disagreement.rules import Change, Confusion
from quality.statistics.disagreement.sizes import Cause, Sizes, sizes
from quality.statistics.disagreement.slips import Checks, haste_examples, slip_examples
from quality.statistics.disagreement.values import Split
from quality.statistics.disagreement.votes import FIRST_CATEGORY, SAFE, UNSAFE, Votes, main_categories
from quality.statistics.disagreement.why import Causes, Material, examine, named
from quality.statistics.profiles import Codes, Numbers

DISAGREEMENT, EXAMPLES = "disagreement", "examples"


@dataclass(frozen=True)
class FieldCauses:
    """What is found on one label field."""

    field: str
    material: Material
    causes: Causes
    sizes: Sizes
    passages: list[str]
    "The texts of the passages of the definitions."


def disagreement_causes(project: Project, opinions: Opinions, policy: Policy, slugs: list[str]) -> list[FieldCauses]:
    """Return the causes of disagreement that are found, and their sizes; all fields are one family of tests."""
    passages = [(slug, text) for slug, text in read_passages(project) if slug in slugs]
    materials = [
        with_passages(material_of(project, opinions, policy, field, slugs), opinions, field, slugs, passages)
        for field in project.fields
    ]
    found = named([examine(material) for material in materials])
    rows = zip(project.fields, materials, found, strict=True)
    texts = [text for _, text in passages]
    return [FieldCauses(field, material, causes, sizes(material, causes), texts) for field, material, causes in rows]


def with_passages(
    material: Material, opinions: Opinions, field: str, slugs: list[str], passages: list[tuple[str, str]]
) -> Material:
    """Return the votes on a field with the passages that their items are nearest to."""
    items, words = material.votes.items, read_words([text for _, text in passages])
    category = np.array([slugs.index(slug) + FIRST_CATEGORY for slug, _ in passages], dtype=np.int64)
    wanted = np.isin(items.majority, category)
    keys, known = opinions.item_keys[items.item[wanted]], sorted({word for each in words for word in each})
    item, word = read_item_words(field, keys, known)
    code = {each: at for at, each in enumerate(known)}
    numbered = [{code[each] for each in own} for own in words]
    near = np.full(len(items.item), -1)
    pairs = np.stack([np.searchsorted(keys, item), word])
    near[wanted] = nearest(category, numbered, items.majority[wanted], pairs)
    return replace(material, passages=Passages(category, near))


def disagreement_reports(project: Project, opinions: Opinions, policy: Policy) -> dict[str, dict[str, Any]]:
    """
    Return two reports: the causes on each field, and primary keys of example items of each of them.

    They are apart because the first is shown to leads as it is, and what opinions on an item come to is not.
    """
    slugs = sorted({slug for each in opinions.category_sets for slug in each})
    fields = disagreement_causes(project, opinions, policy, slugs)
    names = ["safe", "unsafe", *slugs]
    examples = [[opinions.item_keys[each].tolist() for each in examples_of(opinions, found)] for found in fields]
    return {
        DISAGREEMENT: {"fields": [field_figures(opinions, found, names) for found in fields]},
        EXAMPLES: {"fields": examples},
    }


def examples_of(opinions: Opinions, found: FieldCauses) -> Iterator[Codes]:
    """Yield the example items of each cause on a field, by index, in the order of causes in `field_figures`."""
    yield from (each.examples for each in found.sizes.causes)
    repeats, gold = found.material.repeats, found.material.gold
    yield from (
        np.array(slip_examples(repeats, gold, each.person), dtype=np.int64)
        for each in found.causes.slipping
        if each.person < len(opinions.raters)
    )
    votes = found.material.votes
    yield from (np.array(haste_examples(votes, each), dtype=np.int64) for each in found.causes.haste)


def material_of(project: Project, opinions: Opinions, policy: Policy, field: str, slugs: list[str]) -> Material:
    """Return the votes of people on a field, with their repeats and answers on gold."""
    unsafe = unsafe_by_code(policy)
    human = opinions.is_human
    version, milliseconds = read_times(project)
    kept = human & opinions.has_value(field)
    inside = kept[human]
    item = opinions.item[kept]
    votes = Votes(
        item=item,
        person=opinions.rater[kept],
        answer=answers_of(item, unsafe[opinions.labels[field][kept]], opinions.category_set[kept], opinions, slugs),
        version=version[inside],
        seconds=seconds_of(milliseconds[inside]),
        source=opinions.item_source[item],
    )
    codes = {slug: at for at, slug in enumerate(slugs, start=FIRST_CATEGORY)}
    everything = set(codes.values())
    changed = {
        at: everything if own is None else {codes[slug] for slug in own if slug in codes}
        for at, own in changed_texts(project).items()
    }
    return Material(
        votes,
        repeats=repeats_of(project, opinions, policy, field, slugs),
        gold=gold_of(project, opinions, policy, field),
        changed=changed,
    )


def seconds_of(milliseconds: Codes) -> Numbers:
    """Return seconds, NaN where they are not known."""
    return np.where(milliseconds < 0, np.nan, milliseconds / 1000)


def answers_of(item: Codes, unsafe: Any, sets: Codes, opinions: Opinions, slugs: list[str]) -> Codes:
    """Return the answer of each vote: shape (votes,), as in `Votes`."""
    code = {slug: at for at, slug in enumerate(slugs)}
    members = [sorted(code[slug] for slug in each) for each in opinions.category_sets]
    sizes_ = np.array([*(len(each) for each in members), 0])[sets] * unsafe
    vote = np.repeat(np.arange(len(item)), sizes_)
    named_ = [
        at
        for own, is_unsafe in zip(sets.tolist(), unsafe.tolist(), strict=True)
        if is_unsafe and own >= 0
        for at in members[own]
    ]
    category = main_categories(item[vote], vote, np.array(named_, dtype=np.int64), len(item))
    return np.where(unsafe, np.where(category < 0, UNSAFE, category + FIRST_CATEGORY), SAFE)


def repeats_of(project: Project, opinions: Opinions, policy: Policy, field: str, slugs: list[str]) -> Checks:
    """Return repeats on a field; two with the same label differ in category only if they share none."""
    item, person, first, again, shares, earlier, later = read_repeats(project, field, slugs)
    unsafe = unsafe_by_code(policy)
    expected = repeated_answers(unsafe[first], earlier)
    answer = np.where(unsafe[first] & unsafe[again] & (shares == 1), expected, repeated_answers(unsafe[again], later))
    return Checks(np.searchsorted(opinions.item_keys, item), people_of(opinions, person), answer, expected)


def repeated_answers(unsafe: Any, category: Codes) -> Codes:
    """Return answers by whether they are unsafe and by their first category: shape (repeats,)."""
    return np.where(unsafe, np.where(category < 0, UNSAFE, category + FIRST_CATEGORY), SAFE)


def gold_of(project: Project, opinions: Opinions, policy: Policy, field: str) -> Checks:
    """Return answers on gold, safe or unsafe."""
    item, person, answer, label = read_gold_answers(project, field)
    unsafe = unsafe_by_code(policy).astype(np.int64)
    return Checks(np.searchsorted(opinions.item_keys, item), people_of(opinions, person), unsafe[answer], unsafe[label])


def people_of(opinions: Opinions, keys: Codes) -> Codes:
    """Return the index of each annotator by primary key; one without a current vote gets a number of their own."""
    places = {int(opinions.rater_keys[at]): at for at, (kind, _) in enumerate(opinions.raters) if kind == "human"}
    unknown = {key: len(opinions.raters) + at for at, key in enumerate(sorted({*keys.tolist()} - {*places}))}
    return np.array([{**unknown, **places}[key] for key in keys.tolist()], dtype=np.int64)


def field_figures(opinions: Opinions, every: FieldCauses, names: list[str]) -> dict[str, Any]:
    """Return the shares of the causes on one field, the causes that were found, and who slips more."""
    found, causes = every.sizes, every.causes
    parts = {name: asdict(getattr(found, name)) for name in ("slips", "rules", "values", "rest")}
    people = [name for _, name in opinions.raters]
    return {
        "field": every.field,
        "items": found.items,
        "contested": found.contested,
        "checks": found.checks,
        **parts,
        "causes": [cause_figures(each, names, people, every.passages) for each in found.causes],
        "slipping": [
            {"rater": people[each.person], "n": each.n, "differing": each.differing, "elsewhere": each.elsewhere}
            for each in causes.slipping
            if each.person < len(people)
        ],
        "haste": [{"quick": each.quick, "usual": each.usual} for each in causes.haste],
    }


def cause_figures(found: Cause, names: list[str], people: list[str], passages: list[str]) -> dict[str, Any]:
    """Return one cause that was found: its kind, its answers, its share and what shows it."""
    cause, share = found.cause, asdict(found.excess)
    if isinstance(cause, Change):
        shown = {"before": cause.before, "after": cause.after, "version": cause.version + 1}
        return {"kind": "change", "a": names[cause.a], "b": None, "p": cause.test.p, "share": share, **shown}
    common = {"a": names[cause.a], "b": names[cause.b], "p": cause.test.p, "share": share}
    if isinstance(cause, Split):
        return {"kind": "values", **common, "leaning": leaning(cause, names, people)}
    if isinstance(cause, UnclearPassage):
        return {"kind": "passage", **common, **shares_of(cause), "passage": passages[cause.passage]}
    return {"kind": "rule", **common, **shares_of(cause)}


def shares_of(cause: Confusion | UnclearPassage) -> dict[str, float]:
    """Return how often dialogues of the cause are confused or disputed, and those that they are compared with."""
    return {"here": cause.share, "elsewhere": cause.elsewhere}


def leaning(split: Split, names: list[str], people: list[str]) -> dict[str, list[str]]:
    """Return who leans to which answer by at least one vote more than expected, the clearest first."""
    order = np.argsort(-np.abs(split.leans), kind="stable")
    return {
        names[split.a]: [people[at] for at in order if split.leans[at] <= -1],
        names[split.b]: [people[at] for at in order if split.leans[at] >= 1],
    }
