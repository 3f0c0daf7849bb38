"""Simulated projects whose jurors say how probable their labels are: honestly, wrongly, or to be believed. Pure."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from adjudication.panel_scores import BINS, PARTS, ScoreBy
from bench.certified_projects import PANEL, Generator, Project, just_worse, simulate
from quality.statistics.profiles import Numbers

LACKING = 0.01
"Of ballots without a probability."
Claim = Callable[[Generator, Numbers], Numbers]
"From the margins of ballots, above 0 for unsafe, to the probabilities of unsafe that they claim."


def sigmoid(margins: Numbers) -> Numbers:
    """Return the logistic function of margins."""
    return 1 / (1 + np.exp(-np.clip(margins, -700, 700)))


def honest(dice: Generator, margins: Numbers) -> Numbers:  # noqa: ARG001 - claims are called alike
    return sigmoid(2 * margins)


def certain(dice: Generator, margins: Numbers) -> Numbers:  # noqa: ARG001
    return sigmoid(12 * margins)


def hesitant(dice: Generator, margins: Numbers) -> Numbers:  # noqa: ARG001
    return sigmoid(0.4 * margins)


def surest_where_wrong(dice: Generator, margins: Numbers) -> Numbers:  # noqa: ARG001
    return np.where(margins > 0, 0.5 + 0.5 * np.exp(-margins), 0.5 - 0.5 * np.exp(margins))


def forged(dice: Generator, margins: Numbers) -> Numbers:
    """All but one of the jurors claim 0.99 or 1 for every label, whatever they know of it."""
    claims = np.where(margins > 0, dice.choice([0.99, 1.0], margins.shape), 0.0)
    claims[0] = sigmoid(2 * margins[0])
    return claims


CLAIMS: dict[str, Claim] = {
    "honest": honest,
    "certain of all": certain,
    "hardly sure of any": hesitant,
    "surest where they are wrong": surest_where_wrong,
    "forged": forged,
}


def by_probability(dice: Generator, items: int, sample: int, claim: Claim) -> Project:
    """Return a project of random prevalence, people and jurors, whose scores are bins of the mean probability."""
    project = simulate(dice, items, sample)
    jurors = int(dice.integers(2, 6))
    skill, alike = dice.uniform(0.8, 2.5, (jurors, 1)), dice.uniform(0, 0.8)
    noise = alike * dice.standard_normal(items) + np.sqrt(1 - alike**2) * dice.standard_normal((jurors, items))
    margins = np.where(project.hidden, 1.0, -1.0) * skill + noise
    unsafe, claims = (margins > 0).sum(axis=0), claim(dice, margins)
    machine = np.where(2 * unsafe == jurors, -1, (2 * unsafe > jurors).astype(np.int64))
    sums = np.rint(claims * PARTS).astype(np.int64).sum(axis=0)
    of_label = np.where(machine == 1, sums, jurors * PARTS - sums)
    bins = np.minimum(BINS - 1, BINS * of_label // (jurors * PARTS))
    bins[(dice.random((jurors, items)) < LACKING).any(axis=0) | (jurors < PANEL)] = 0
    return scored(project, bins=bins, machine=np.where(bins == 0, -1, machine))


def worse_by_probability(dice: Generator, items: int, sample: int, error: float) -> Project:
    """Return a project whose panel errs just more often than is promised from every bin on, on five of them."""
    project = just_worse(dice, items, sample, error)
    bins, wrong = dice.integers(15, BINS, items), np.zeros(items, dtype=bool)
    for each in range(15, BINS):
        at = np.flatnonzero(bins == each)
        wrong[dice.choice(at, min(len(at), int(error * len(at)) + 1), replace=False)] = True
    return scored(project, bins=bins, machine=project.people ^ wrong)


def scored(project: Project, **columns: Numbers) -> Project:
    """Return a project with bins as scores, and other labels of its panel."""
    bins = columns["bins"]
    return replace(
        project,
        agreeing=np.maximum(1, bins),
        counted=np.full(len(bins), BINS),
        machine=columns["machine"],
        score_by=ScoreBy.PROBABILITY,
    )
