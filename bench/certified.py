"""
Show how often certificates of machine labels are broken, and which votes they save, on simulated projects.

    python -m bench.certified [--projects 500] [--small]

Projects have 300 to 34,000 items, 5 to 60 % of them unsafe, samples of 100 to 1,500, two to nine jurors that err alike,
ballots that lack, ties that nobody settled, items that people had labelled before, and, in a third of them, two odds.
The promise is asked at an error of 2, 5 or 10 %, always at a risk of 10 % for the one field, so that nothing is left
over. Fails if promises are broken in more than 10 % of the projects of a row, if intervals of the share of unsafe cover
in less than 93 %, or if the alarm is false in more than 10 %.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from functools import cache, partial

import numpy as np

from adjudication.certifying.betting import is_worse_than
from bench.certified_probabilities import CLAIMS, by_probability, worse_by_probability
from bench.certified_projects import (
    Generator,
    Project,
    certificate,
    is_broken,
    just_worse,
    looked_at_often,
    simulate,
    simulated_sets,
)
from bench.options import at_least_one
from quality.statistics.prediction_powered import Sample, estimate_share

RISK, ERRORS, LEAST_COVERAGE, SMALL_PROJECTS = 0.10, (0.02, 0.05, 0.10), 0.93, 10
AUDITS = 2_000
"Items of the audit that are looked at in a simulated year."


def sizes(dice: Generator) -> tuple[int, int]:
    """Return how many items a project has, and about how many are in its sample."""
    items = int(np.exp(dice.uniform(np.log(300), np.log(34_000))))
    return items, min(items // 2, int(dice.integers(100, 1_500)))


def varied(dice: Generator, error: float) -> Project:  # noqa: ARG001 - makers are called alike
    return simulate(dice, *sizes(dice))


def half_sampled(dice: Generator, error: float) -> Project:
    items = int(dice.integers(300, 3_000))
    return just_worse(dice, items, items // 2, 0.9 * error)  # so that too many are left where few were found


def at_the_limit(dice: Generator, error: float) -> Project:
    return just_worse(dice, *sizes(dice), error)


MAKERS: dict[str, Callable[[Generator, float], Project]] = {
    "jurors of all kinds": varied,
    "errors just above e": at_the_limit,
    "half of the items in the sample": half_sampled,
}


def claiming(dice: Generator, error: float, *, kind: str) -> Project:  # noqa: ARG001
    return by_probability(dice, *sizes(dice), CLAIMS[kind])


def worse_claiming(dice: Generator, error: float) -> Project:
    return worse_by_probability(dice, *sizes(dice), error)


BY_PROBABILITY: dict[str, Callable[[Generator, float], Project]] = {
    **{f"probabilities {kind}": partial(claiming, kind=kind) for kind in CLAIMS},
    "by probability, errors just above e": worse_claiming,
}
"Projects whose labels are scored by the mean probability that ballots give them."


def promises(
    projects: int, seed: int = 1, makers: Mapping[str, Callable[[Generator, float], Project]] = MAKERS
) -> dict[str, tuple[float, float, float]]:
    """Return by kind of project: the share with a threshold, the share broken, and that with a look at each batch."""
    dice = np.random.default_rng(seed)
    found = {}
    for name, make in makers.items():
        rows = []
        for at in range(projects):
            error = ERRORS[at % len(ERRORS)]
            project = make(dice, error)
            threshold = certificate(project, error, RISK).threshold
            often = looked_at_often(dice, project, error, RISK)
            rows.append((threshold is not None, is_broken(project, threshold, error), is_broken(project, often, error)))
        found[name] = tuple(np.mean(rows, axis=0).tolist())
    return found


def intervals(projects: int, seed: int = 2) -> float:
    """Return how often the 95 % interval of the share of unsafe covers."""
    dice = np.random.default_rng(seed)
    rows = []
    for _ in range(projects):
        project = varied(dice, 0.05)
        chosen = project.sample()
        predicted = np.maximum(project.machine, 0).astype(float)
        share = estimate_share(
            Sample(project.people[chosen].astype(float), predicted[chosen], project.odds[chosen]), predicted
        )
        covers = share.low is not None and share.high is not None and share.low <= project.people.mean() <= share.high
        rows.append(covers)
    return float(np.mean(rows))


def set_bounds(projects: int, seed: int = 5) -> tuple[float, float, float]:
    """
    Return how often bounds on category sets are exceeded, and how far they are from the means that they are of.

    :return: for both shares, how often that of the worst threshold is exceeded; the median distance
    """
    dice, above, distances = np.random.default_rng(seed), np.zeros(2), []
    for _ in range(projects):
        bounds, means = simulated_sets(dice, RISK)
        if bounds:
            above += np.array(means) > np.array(bounds)
            distances += [bound - mean for bound, mean in zip(bounds, means, strict=True)]
    return float(above[0] / projects), float(above[1] / projects), float(np.median(distances))


@cache
def alarms(count: int, errors: int, promised: float) -> bool:
    """Return whether the alarm is on after so many audited items."""
    return is_worse_than(np.arange(count) < errors, promised, RISK)


def items_until_alarm(dice: Generator, share: float, promised: float) -> int | None:
    """Return after how many audited items the alarm comes, looking after each; None if it never does."""
    losses = np.flatnonzero(dice.random(AUDITS) < share)
    # Items without an error only calm it, so nothing is missed by looking after those with one.
    return next((int(at) + 1 for number, at in enumerate(losses, 1) if alarms(int(at) + 1, number, promised)), None)


def drift(projects: int, seed: int = 3) -> dict[float, tuple[float, float]]:
    """Return by how many times the error is what was promised (5 %): the share of alarms, the median items until it."""
    dice = np.random.default_rng(seed)
    found = {}
    for times in (0.5, 1.0, 1.5, 2.0, 3.0):
        delays = [items_until_alarm(dice, 0.05 * times, 0.05) for _ in range(projects)]
        known = [delay for delay in delays if delay is not None]
        found[times] = (len(known) / projects, float(np.median(known)) if known else float("nan"))
    return found


def savings(projects: int, seed: int = 4) -> dict[float, tuple[float, ...]]:
    """
    Return by the jurors' share of errors, at e = 5 % with a sample of 1,000 of 34,000 items.

    Shares, as means over projects: those with a threshold; votes saved, of three an item; of the labels decided alone,
    those that differ from people's; of all labels, those that are not as they should be, by three people and here.
    """
    dice = np.random.default_rng(seed)
    return {
        error: tuple(np.mean([saved(simulate(dice, 34_000, 1_000, error)) for _ in range(projects)], axis=0).tolist())
        for error in (0.03, 0.08, 0.15, 0.25)
    }


def saved(project: Project) -> tuple[float, ...]:
    """Return the figures of one project, as in `savings`."""
    threshold = certificate(project, 0.05, RISK).threshold
    alone = np.zeros(len(project.draw), dtype=bool) if threshold is None else project.alone(threshold)
    open_items = ~project.seen
    labels = np.where(alone, project.machine, project.people)
    return (
        float(threshold is not None),
        float(alone.sum() / open_items.sum()),
        float(project.wrong()[alone].mean()) if alone.any() else 0.0,
        float((project.people != project.hidden).mean()),
        float((labels != project.hidden).mean()),
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.certified")
    parser.add_argument("--projects", type=at_least_one, default=500)
    parser.add_argument("--small", action="store_true", help=f"{SMALL_PROJECTS} projects, without a limit")
    options = parser.parse_args()
    projects = SMALL_PROJECTS if options.small else options.projects
    promised = promises(projects) | promises(projects, seed=6, makers=BY_PROBABILITY)
    covered, sets, seen = intervals(projects), set_bounds(projects), drift(projects)
    print(f"{'projects':<34}{'threshold':>10}{'broken':>9}{'peeking':>9}")
    for name, (found, broken, peeking) in promised.items():
        print(f"{name:<34}{found:>10.1%}{broken:>9.1%}{peeking:>9.1%}")
    print(f"\nshare of unsafe covered {covered:.1%}")
    print(f"bounds of sets exceeded: false discoveries {sets[0]:.1%}, misses {sets[1]:.1%}; wide by {sets[2]:.3f}")
    print(f"\n{'error / promise':<18}{'alarms':>9}{'items until':>13}")
    for times, (share, delay) in seen.items():
        print(f"{times:<18}{share:>9.1%}{delay:>13.0f}")
    print(f"\n{'juror errs':<12}{'threshold':>10}{'saved':>8}{'differ':>8}{'by people':>11}{'here':>8}")
    for error, figures in savings(max(1, projects // 10)).items():
        columns = zip(figures, (10, 8, 8, 11, 8), strict=True)
        print(f"{error:<12.0%}" + "".join(f"{figure:>{width}.1%}" for figure, width in columns))
    worst = max(max(broken, peeking) for _, broken, peeking in promised.values())
    failed = max(worst, *sets[:2], seen[1.0][0]) > RISK or covered < LEAST_COVERAGE
    return 0 if options.small else int(failed)


if __name__ == "__main__":
    sys.exit(main())
