"""Simulated projects whose true errors are known, to hold certificates of machine labels to them. Pure."""

from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from adjudication.certifying.sets import SHARES, SetGroup, sets_certificate, share_without
from adjudication.certifying.thresholds import Certified, Spread, certify, first_score
from adjudication.panel_scores import ScoreBy
from corpus.labels import Field
from quality.statistics.profiles import Codes, Numbers
from quality.statistics.scores import Flags

CATEGORIES, VOTES, PANEL = 6, 3, 2
BASE = 64
"Scores are coded as agreeing * BASE + counted."
Generator = np.random.Generator


@dataclass(frozen=True)
class Project:
    """A simulated project; arrays of shape (items,), and (items, CATEGORIES) for sets."""

    hidden: Flags
    "What the item really is; nobody knows it."
    people: Flags
    "What most of three people, or who settles their tie, call it: unsafe or not."
    agreeing: Codes
    counted: Codes
    "Ballots of the panel; agreeing ones are those for its label."
    machine: Codes
    "Label of the panel: 0, 1, or -1 where it is tied or too small."
    people_names: Flags
    machine_names: Flags
    draw: Numbers
    "The hash that decides on the sample, 0 to 1."
    odds: Numbers
    settled: Flags
    "False where people are tied and nobody has settled it yet."
    seen: Flags
    "Whether people had labelled the item before any sample was drawn."
    score_by: ScoreBy = ScoreBy.SHARE

    def sample(self) -> Flags:
        """Return which items are in the sample."""
        return self.draw < self.odds

    def uniform(self) -> Flags:
        """Return which would be at the smallest odds, too."""
        return self.draw < self.odds.min()

    def wrong(self) -> Flags:
        """Return where the panel differs from people."""
        return self.machine != self.people

    def alone(self, threshold: Fraction) -> Flags:
        """Return which items the panel decides alone."""
        scores = self.agreeing * threshold.denominator >= threshold.numerator * self.counted
        return (self.machine >= 0) & scores & ~self.sample() & ~self.seen


def simulate(dice: Generator, items: int, sample: int, mean_error: float | None = None) -> Project:
    """
    Return a project of random prevalence, jurors and people.

    :param sample: about how many items are in the sample
    :param mean_error: the share of labels of a juror that are wrong, of the seven alike; random and differing if None
    """
    hidden = dice.random(items) < dice.uniform(0.05, 0.6)
    hard = dice.random(items) < (dice.uniform(0, 0.15) if mean_error is None else 0.08)
    people = hidden ^ (dice.random((VOTES, items)) < np.where(hard, 0.3, 0.03))
    jurors = 7 if mean_error is not None else int(dice.integers(2, 10))
    own = dice.uniform(0.01, 0.2, (jurors, 1)) if mean_error is None else np.full((jurors, 1), mean_error)
    leader = hidden ^ (dice.random(items) < np.where(hard, 0.4, own.mean() / 2))
    apart = hidden ^ (dice.random((jurors, items)) < own)
    says = np.where(dice.random((jurors, items)) < dice.uniform(0, 0.8), leader, apart)
    answers = dice.random((jurors, items)) > 0.03
    unsafe, counted = (says & answers).sum(axis=0), answers.sum(axis=0)
    machine = np.where((counted < PANEL) | (2 * unsafe == counted), -1, (2 * unsafe > counted).astype(np.int64))
    names = dice.random((items, CATEGORIES)) < 0.3
    odds = np.full(items, min(0.9, sample / items))
    if dice.random() < 1 / 3:  # the share was raised between two imports
        odds = np.where(np.arange(items) < items // 2, odds, np.minimum(0.9, 2 * odds))
    return Project(
        hidden=hidden,
        people=people.sum(axis=0) > VOTES // 2,
        agreeing=np.maximum(unsafe, counted - unsafe),
        counted=np.maximum(counted, 1),
        machine=machine,
        people_names=names,
        machine_names=names ^ (dice.random((items, CATEGORIES)) < np.where(hard, 0.3, 0.08)[:, None]),
        draw=dice.random(items),
        odds=odds,
        settled=dice.random(items) > np.where(hard, 0.05, 0.0) * (dice.random() < 0.5),
        seen=~hard & (dice.random(items) < 0.3) & (dice.random() < 0.3),
    )


def just_worse(dice: Generator, items: int, sample: int, error: float) -> Project:
    """Return a project whose panel errs just more often than is promised, on the strictest score and the next."""
    project = simulate(dice, items, sample)
    high = dice.random(items) < 0.7
    wrong = np.zeros(items, dtype=bool)
    for level, share in ((high, error), (~high, 2 * error)):
        at = np.flatnonzero(level)
        wrong[dice.choice(at, min(len(at), int(share * len(at)) + 1), replace=False)] = True
    return replace(
        project,
        agreeing=np.where(high, 3, 2),
        counted=np.full(items, 3),
        machine=project.people ^ wrong,
        settled=np.ones(items, dtype=bool),
        seen=np.zeros(items, dtype=bool),
    )


def certificate(project: Project, error: float, risk: float, *, voted: Flags | None = None) -> Certified:
    """
    Return what is certified.

    :param voted: which items of the sample have all their votes; all if None
    """
    known, sample = project.machine >= 0, project.sample()
    has_label = project.settled if voted is None else project.settled & voted
    decided = (sample & has_label) | project.seen
    code = (
        project.agreeing // (divisor := np.gcd(project.agreeing, project.counted)) * BASE + project.counted // divisor
    )
    codes, level = np.unique(np.where(known, code, 0), return_inverse=True)

    def by_level(of: Flags) -> Codes:
        return np.bincount(level[of & known], minlength=len(codes))

    uniform, wrong = project.uniform() & known, project.wrong()
    rows = zip(
        codes.tolist(),
        by_level(uniform),
        by_level(uniform & has_label & wrong),
        by_level(uniform & ~has_label),
        strict=True,
    )
    counts = [(Fraction(each // BASE, each % BASE), int(n), int(k), int(m)) for each, n, k, m in rows if each and n]
    spread = zip(codes.tolist(), by_level(known), by_level(decided & wrong), by_level(known & ~decided), strict=True)
    spreads = {Fraction(e // BASE, e % BASE): Spread(int(n), int(f), int(a)) for e, n, f, a in spread if e}
    first = first_score({score: each.items for score, each in spreads.items()}, project.score_by)
    return certify(counts, error, risk, spreads, first=first)


def is_broken(project: Project, threshold: Fraction | None, error: float) -> bool:
    """Return whether more of the labels that the panel decides alone are wrong than was promised."""
    if threshold is None:
        return False
    alone = project.alone(threshold)
    return bool(alone.any() and project.wrong()[alone].mean() > error)


def looked_at_often(dice: Generator, project: Project, error: float, risk: float, looks: int = 10) -> Fraction | None:
    """Return the loosest threshold that was ever certified, looking after every batch of votes."""
    order = dice.random(len(project.draw))
    found = [certificate(project, error, risk, voted=order <= look / looks).threshold for look in range(1, looks + 1)]
    return min((threshold for threshold in found if threshold is not None), default=None)


def simulated_sets(dice: Generator, risk: float) -> tuple[list[float], list[float]]:
    """
    Return the bounds on category sets of a simulated project at a risk, and what they are of: false discovery, miss.

    The threshold is the one at which categories are worst for their bound, as if somebody had looked for it.

    :return: the bounds, and the means among the sets that the panel alone decides; empty where it decides none
    """
    items = int(np.exp(dice.uniform(np.log(300), np.log(6_000))))
    project = simulate(dice, items, min(items // 2, int(dice.integers(100, 800))))
    groups, scores = set_groups(project), sorted(set(scores_of(project)))
    found = [bounds_and_means(project, groups, at, risk, len(scores)) for at in scores]
    return max((each for each in found if each[0]), key=lambda each: max(means_above(*each)), default=([], []))


def means_above(bounds: list[float], means: list[float]) -> list[float]:
    """Return by how much each mean is above its bound; below 0 where it is not."""
    return [mean - bound for bound, mean in zip(bounds, means, strict=True)]


def bounds_and_means(
    project: Project, groups: list[SetGroup], threshold: Fraction, risk: float, choices: int
) -> tuple[list[float], list[float]]:
    """Return the two bounds at a threshold, and the means that they are of; empty where the panel decides no set."""
    alone = project.alone(threshold) & (project.machine == 1)
    if not alone.any():
        return [], []
    said = sets_certificate(groups, {Field.PROMPT: threshold}, risk, choices=choices)
    return [said[name]["bound"] for name in SHARES], [float(each[alone].mean()) for each in losses_of(project)]


def scores_of(project: Project) -> list[Fraction]:
    """Return the score of each item that the panel calls unsafe."""
    at = np.flatnonzero(project.machine == 1)
    return [Fraction(int(a), int(n)) for a, n in zip(project.agreeing[at], project.counted[at], strict=True)]


def set_groups(project: Project) -> list[SetGroup]:
    """Return the items that the panel calls unsafe, as a certificate counts them."""
    sample, uniform = project.sample(), project.uniform()
    ours, theirs = project.machine_names, project.people_names & project.people[:, None]
    named, wanted, both = ours.sum(axis=1), theirs.sum(axis=1), (ours & theirs).sum(axis=1)
    groups: Counter[SetGroup] = Counter()
    for score, at in zip(scores_of(project), np.flatnonzero(project.machine == 1), strict=True):
        is_known = bool(sample[at] & project.settled[at] | project.seen[at])
        losses = tuple(share_without(int(count[at]), int(both[at])) for count in (named, wanted))
        group = SetGroup(
            scores=((Field.PROMPT, score),),
            asked=frozenset() if is_known or sample[at] else frozenset({Field.PROMPT}),
            is_unsafe=is_known and bool(project.people[at]),
            is_drawn=bool(uniform[at]),
            is_complete=is_known and bool(project.settled[at]),
            losses=(losses[0], losses[1]) if is_known else None,
            items=1,
        )
        groups[group] += 1
    return [replace(group, items=count) for group, count in groups.items()]


def losses_of(project: Project) -> tuple[Numbers, Numbers]:
    """Return the shares of wrongly named, and of missed, categories of every item: shape (items,) each."""
    ours, theirs = project.machine_names, project.people_names & project.people[:, None]
    named, wanted = np.maximum(1, ours.sum(axis=1)), np.maximum(1, theirs.sum(axis=1))
    return (ours & ~theirs).sum(axis=1) / named, (theirs & ~ours).sum(axis=1) / wanted
