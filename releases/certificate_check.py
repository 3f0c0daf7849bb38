"""Derive the certificate of a release again from its own votes. Needs no database."""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from adjudication.certifying.certificates import Score, field_certificate
from adjudication.certifying.sets import SETS, SHARES, SetGroup, choices_of, judge_sets, sets_certificate
from adjudication.certifying.thresholds import count_tested
from adjudication.consensus import Opinion, panel_score
from adjudication.panel_scores import NONE, ScoreBy
from adjudication.policies import Kind, Policy
from corpus.labels import Field
from releases.parquet_rows import Row, rows_of
from releases.spec import SAMPLE

Opinions = Mapping[str, Sequence[Opinion]]
"The opinions that count, by item."


@dataclass(frozen=True)
class Judged:
    """An item on whose field a panel has a label."""

    score: Fraction
    by_panel: str
    by_people: str | None
    "By a quorum of votes or an adjudicator; None where they have not decided or tie."
    is_alone: bool
    "Whether fewer people than a quorum have voted, so that the panel decides."


def certificate_differences(
    folder: Path, manifest: Mapping[str, Any], policy: Policy, opinions: Opinions
) -> Iterator[str]:
    """
    Derive the certificate of a release again, and yield what is different.

    A release of some licences lacks the opinions on other items, so that of its certificate nothing can be counted.
    """
    certificate = manifest.get("certificate")
    if certificate is None or manifest["licenses"] is not None:
        return
    if (score_by := certificate.get("score_by", ScoreBy.SHARE)) != policy.score_by:
        yield f"certificate: its scores are by {score_by}, those of the policy by {policy.score_by}"
    rows, decisions = list(rows_of(folder / SAMPLE)), list(rows_of(folder / "decisions.parquet"))
    for name, said in certificate["fields"].items():
        judged = judged_items(Field(name), decisions, policy, opinions)
        sample = [row["item"] for row in rows if row["field"] == name]
        yield from (f"{item}: {SAMPLE} has it, but it has no {name} by people" for item in undecided(sample, judged))
        scores = scores_again(judged, sample, said["levels"])
        promised = (certificate["error"], certificate["risk_of_each"])
        again = field_certificate(scores, *promised, undrawn=certificate["undrawn"], score_by=policy.score_by)
        if not is_same(again, said):
            yield f"certificate, {name}: it says {summary(said)}; derived again it is {summary(again)}"
    if "sets" in certificate:
        yield from set_differences(manifest, rows, decisions, policy, opinions)


def set_differences(
    manifest: Mapping[str, Any], sample: Sequence[Row], decisions: Sequence[Row], policy: Policy, opinions: Opinions
) -> Iterator[str]:
    """Derive the bounds on category sets again, and yield what is different."""
    certificate, listed = manifest["certificate"], {row["item"] for row in sample if row["field"] == SETS}
    groups = set_groups(manifest, decisions, policy, opinions, listed)
    drawn = {item for item, group in groups.items() if group.is_drawn and group.is_complete}
    yield from (f"{item}: {SAMPLE} has its categories, but it has none by people" for item in sorted(listed - drawn))
    levels = [
        Counter(each.score for each in judged_items(Field(name), decisions, policy, opinions).values())
        for name in certificate["fields"]
    ]
    said, thresholds = certificate["sets"], policy.thresholds
    again = sets_certificate(
        groups.values(),
        thresholds,
        certificate["risk_of_each"],
        choices=choices_of(count_tested(each, policy.score_by) for each in levels),
        undecided=said["missing"],
    )
    if not is_same(again, said):
        yield f"certificate, categories: it says {set_summary(said)}; derived again it is {set_summary(again)}"


def set_groups(
    manifest: Mapping[str, Any], decisions: Sequence[Row], policy: Policy, opinions: Opinions, listed: Collection[str]
) -> dict[str, SetGroup]:
    """Return the items that a panel calls unsafe, by id; those listed are the ones of the sample."""
    groups = {}
    for row in decisions:
        if row["decided_by"] == "construction":
            continue
        group = judge_sets(
            opinions.get(row["item"], ()),
            policy,
            fields=manifest["fields"],
            has_response=row[Field.RESPONSE.column("status")] is not None,
            votes_wanted=0,  # no release says it; who is listed has all votes
            settled=row["categories"] if row["decided_by"] == "adjudicator" else None,
        )
        if group:
            groups[row["item"]] = replace(group, is_drawn=row["item"] in listed)
    return groups


def judged_items(field: Field, decisions: Sequence[Row], policy: Policy, opinions: Opinions) -> dict[str, Judged]:
    """Return the items on whose field a panel has a label, by id."""
    judged = {}
    for row in decisions:
        given = [each for each in opinions.get(row["item"], ()) if field in each.labels]
        panel, people = (counts_of(given, kind, field, policy) for kind in (Kind.LLM, Kind.HUMAN))
        by_panel, is_settled = label_of(*panel), row["decided_by"] == "adjudicator"
        score = panel_score(given, field, policy)
        if row["decided_by"] == "construction" or by_panel is None or score == NONE:
            continue
        by_people = label_of(*people) if sum(people) >= policy.quorum else None
        judged[row["item"]] = Judged(
            score=score,
            by_panel=by_panel,
            by_people=row[field.column("label")] if is_settled else by_people,
            is_alone=not is_settled and sum(people) < policy.quorum,
        )
    return judged


def counts_of(opinions: Sequence[Opinion], kind: Kind, field: Field, policy: Policy) -> tuple[int, int]:
    """Return how many opinions of a kind call a field safe, and how many unsafe."""
    labels = [each.labels[field] for each in opinions if each.kind == kind]
    unsafe = sum(label in policy.unsafe_labels for label in labels)
    return len(labels) - unsafe, unsafe


def label_of(safe: int, unsafe: int) -> str | None:
    """Return the label that more opinions give; None for a tie."""
    return None if safe == unsafe else "unsafe" if unsafe > safe else "safe"


def undecided(sample: Sequence[str], judged: Mapping[str, Judged]) -> list[str]:
    """Return the listed items that lack a label of the panel or of people."""
    return [item for item in sample if item not in judged or judged[item].by_people is None]


def scores_again(
    judged: Mapping[str, Judged], sample: Sequence[str], levels: Sequence[Mapping[str, Any]]
) -> list[Score]:
    """
    Count the items by score, from the strictest down.

    :param sample: the items of the sample that people have decided
    :param levels: of the certificate, which alone knows how many people have not decided
    """
    missing = missing_by_score(levels)
    groups: dict[Fraction, list[Judged]] = defaultdict(list)
    for each in judged.values():
        groups[each.score].append(each)
    drawn = [judged[item] for item in sample if item in judged]
    in_sample = Counter(each.score for each in drawn)
    errors = Counter(each.score for each in drawn if each.by_people != each.by_panel)
    return [
        Score(
            score=score,
            sample=in_sample[score] + missing[score],
            errors=errors[score],
            missing=missing[score],
            items=len(groups[score]),
            found=sum(each.by_people not in (None, each.by_panel) for each in groups[score]),
            alone=sum(each.is_alone for each in groups[score]),
        )
        for score in sorted(groups, reverse=True)
    ]


def missing_by_score(levels: Sequence[Mapping[str, Any]]) -> Counter[Fraction]:
    """Return how many labels of people each score alone lacks; a level counts those of stricter ones, too."""
    missing: Counter[Fraction] = Counter()
    before = 0
    for level in levels:
        missing[Fraction(level["score"])] = level["missing"] - before
        before = level["missing"]
    return missing


def is_same(again: Any, said: Any) -> bool:
    """Return whether two pieces of JSON are the same, but for the last digits that another processor may compute."""
    if isinstance(again, float) and isinstance(said, int | float):
        return math.isclose(again, said, rel_tol=1e-9)
    if isinstance(again, dict) and isinstance(said, dict):
        return again.keys() == said.keys() and all(is_same(again[key], said[key]) for key in again)
    if isinstance(again, list) and isinstance(said, list):
        return len(again) == len(said) and all(map(is_same, again, said))
    return bool(again == said)


def set_summary(sets: Mapping[str, Any]) -> str:
    """Return the bounds on category sets in few words."""
    bounds = ", ".join(f"{name} at most {sets[name]['bound'] or 0:.4f}" for name in SHARES)
    return f"{sets['missing']} missing of {sets['sample']} for {sets['alone']} sets, {bounds}"


def summary(field: Mapping[str, Any]) -> str:
    """Return a field of a certificate in few words."""
    if not field["threshold"]:
        return "that people decide all"
    counts = f"{field['errors']} errors and {field['missing']} missing of {field['sample']}"
    return f"{field['threshold']} with {counts}, at most {field['bound']:.4f}, for {field['alone']} labels"
