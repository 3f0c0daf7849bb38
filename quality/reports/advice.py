"""What Dawid-Skene and a weighted vote would make of the opinions, beside what is decided. Nothing is changed by it."""

from typing import Any

import numpy as np

from adjudication.policies import Kind, Policy
from corpus.labels import Field
from corpus.models import Item, Project
from quality.reports.arrays import Decided, Opinions, read_decided
from quality.reports.panel import FieldOfPanel
from quality.reports.scores import gold_labels, settled_labels
from quality.statistics.aggregation import dawid_skene, weighted_vote
from quality.statistics.agreement import Codes, Ratings
from quality.statistics.scores import share

MOST_LISTED = 500
FEW_OPINIONS = 5
FEW_OF_A_RATER = 20
CORRELATED = 0.3
Places = dict[str, Codes]


def measure(
    project: Project, opinions: Opinions, policy: Policy, panel: list[FieldOfPanel], reads: list[str]
) -> dict[str, Any]:
    """
    :param panel: how the jurors go together, by field
    :param reads: the fields to advise on
    """
    by_name = {each.name: each for each in panel}
    return {
        "fields": [
            of_field(project, opinions, policy, field, by_name.get(Field(field).name.capitalize())) for field in reads
        ]
    }


def of_field(
    project: Project, opinions: Opinions, policy: Policy, field: str, panel: FieldOfPanel | None
) -> dict[str, Any]:
    heard = heard_by(opinions, policy, field)
    unsafe = opinions.unsafe(field, policy)[heard]
    keys, item = np.unique(opinions.item[heard], return_inverse=True)
    if not len(keys):
        return {"field": field, "items": 0, "warnings": [], "flips": [], "raters": []}
    rater = opinions.rater[heard]
    estimated = dawid_skene(Ratings(item, rater, unsafe.astype(np.int64)), raters=len(opinions.raters))
    weighed = weighted_vote(item, rater, unsafe, count=len(opinions.raters))
    decided = read_decided(project, policy.name, field, opinions.keys)
    label = np.full(len(opinions.keys), -1)
    label[decided.item] = decided.label
    votes = {"unsafe": np.bincount(item, weights=unsafe), "all": np.bincount(item)}
    said = {"dawid_skene": estimated.posterior[:, 1], "weighted": weighed.unsafe}
    return {
        "field": field,
        "items": len(keys),
        "rounds": estimated.rounds,
        "share_unsafe": float(estimated.shares[1]),
        "warnings": warnings(item, rater, panel, len(opinions.raters)),
        **differences(keys, label[keys], is_settled(decided, len(opinions.keys))[keys], said, votes, opinions.keys),
        "checked": {
            "gold": how_often_right(gold_labels(project, opinions, policy, field)[keys], said, votes),
            "settled": how_often_right(settled_labels(decided, len(opinions.keys))[keys], said, votes),
        },
        "raters": [
            {
                "rater": name,
                "kind": kind,
                "n": int(np.sum(rater == at)),
                "finds_unsafe": float(estimated.confusion[at, 1, 1]),
                "leaves_safe": float(estimated.confusion[at, 0, 0]),
                "weight": float(weighed.weights[at]),
            }
            for at, (kind, name) in enumerate(opinions.raters)
            if np.any(rater == at)
        ],
    }


def heard_by(opinions: Opinions, policy: Policy, field: str) -> Any:
    """Mark the opinions that the policy listens to: the same that the decision was made from."""
    kinds = policy.prompt_kinds if field == Field.PROMPT else policy.response_kinds
    is_heard = np.where(opinions.is_human, Kind.HUMAN in kinds, Kind.LLM in kinds)
    return opinions.of(field) & is_heard


def is_settled(decided: Decided, items: int) -> Any:
    settled = np.zeros(items, dtype=bool)
    settled[decided.item[decided.is_settled]] = True
    return settled


def differences(
    places: Codes, label: Codes, settled: Any, said: dict[str, Any], votes: dict[str, Any], keys: Codes
) -> dict[str, Any]:
    """List the items that either would label otherwise than they were decided, the surest first."""
    open_ = (label < 0) & ~settled
    found: dict[str, Any] = {"decided": int((label >= 0).sum()), "open": int(open_.sum())}
    flips = {name: (label >= 0) & ~settled & ((p > 0.5) != (label == 1)) for name, p in said.items()}
    for name, p in said.items():
        found[name] = {"flips": int(flips[name].sum()), "sure_of_open": int((open_ & (np.abs(p - 0.5) > 0.45)).sum())}
    either = flips["dawid_skene"] | flips["weighted"]
    surest = np.flatnonzero(either)
    order = np.argsort(-np.abs(said["dawid_skene"][surest] - 0.5), kind="stable")
    listed = surest[order][:MOST_LISTED]
    names = dict(Item.objects.filter(pk__in=keys[places[listed]].tolist()).values_list("pk", "external_id"))
    found["either"] = len(surest)
    found["flips"] = [
        {
            "id": names[int(keys[places[at]])],
            "decided": "unsafe" if label[at] else "safe",
            "safe": int(votes["all"][at] - votes["unsafe"][at]),
            "unsafe": int(votes["unsafe"][at]),
            **{name: round(float(p[at]), 4) for name, p in said.items()},
        }
        for at in listed
    ]
    return found


def how_often_right(truth: Codes, said: dict[str, Any], votes: dict[str, Any]) -> dict[str, Any]:
    """Compare the three with known labels; on a tie the majority has no label and is not right."""
    of = truth >= 0
    unsafe = truth[of] == 1
    most = np.sign(2 * votes["unsafe"][of] - votes["all"][of])
    right = {"majority": int((most == np.where(unsafe, 1, -1)).sum())}
    right |= {name: int(((p[of] > 0.5) == unsafe).sum()) for name, p in said.items()}
    return {"n": int(of.sum()), **{name: share(count, int(of.sum())) for name, count in right.items()}}


def warnings(item: Codes, rater: Codes, panel: FieldOfPanel | None, raters: int) -> list[str]:
    """Say plainly what speaks against following such a model here."""
    found = []
    an_item = len(item) / (int(item.max()) + 1)
    if an_item < FEW_OPINIONS:
        found.append(
            f"There are {an_item:.1f} opinions an item. With fewer than {FEW_OPINIONS}, whom the model takes for good "
            "raters rests on little but its own guesses."
        )
    counts = np.bincount(rater, minlength=raters)
    sparse = int(((counts > 0) & (counts < FEW_OF_A_RATER)).sum())
    if sparse:
        found.append(f"{sparse} of {int((counts > 0).sum())} raters have fewer than {FEW_OF_A_RATER} opinions.")
    if panel and panel.errors.correlation is not None and panel.errors.correlation > CORRELATED:
        found.append(
            f"The {len(panel.jurors)} jurors err alike (correlation {panel.errors.correlation:.2f}, worth "
            f"{panel.errors.votes or 1:.1f} independent ones). The model takes each for a witness of its own."
        )
    elif panel and panel.errors.correlation is None and panel.verdicts.correlation is not None:
        found.append("Whether the jurors err alike is not known: too few items have a majority of people beside them.")
    return found
