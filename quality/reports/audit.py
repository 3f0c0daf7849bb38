"""Whether labels of the jurors are as good as promised, from the part of the sample that people finish since."""

from enum import StrEnum
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adjudication.certifying.betting import is_worse_than, lower_bound, upper_bound
from adjudication.panel_scores import ScoreBy
from adjudication.policies import Policy
from corpus.models import Project
from quality.models import WatchedPromise
from quality.queries.parts import read_parts
from quality.queries.sample import read_draws, read_finished
from quality.reports.arrays import Opinions
from quality.reports.certified_rows import read_panel, read_people

AUDIT = "audit"
"The kind of the stored report."


class Standing(StrEnum):
    """How a promise stands."""

    UNTRIED = "untried"
    KEPT = "kept"
    WATCH = "watch"
    "More errors than promised, but that may be chance."
    BROKEN = "broken"


def latest_promise(project: Project) -> WatchedPromise | None:
    """Return the promise that is watched in a project; None if none was made."""
    return WatchedPromise.objects.filter(project=project).order_by("-pk").first()


def audit_figures(project: Project, opinions: Opinions, policy: Policy, promise: WatchedPromise) -> dict[str, Any]:
    """Return how a promise stands on each of its fields."""
    counts = counts_of(project, opinions, policy, promise)
    return {
        "promise": promise.pk,
        "fields": [
            {"field": field, **audit(n, errors, error=promise.error, risk=promise.risk_of_each)}
            for field, (n, errors) in counts.items()
        ],
    }


def counts_of(
    project: Project, opinions: Opinions, policy: Policy, promise: WatchedPromise
) -> dict[str, tuple[int, int]]:
    """Return by label field how many items have tested a promise, under all its thresholds, and how many are wrong."""
    found = {}
    for field, threshold in promise.thresholds.items():
        n, errors = count_since(project, opinions, policy, promise, field, Fraction(*threshold))
        earlier_n, earlier_errors = promise.carried.get(field, (0, 0))
        found[field] = (earlier_n + n, earlier_errors + errors)
    return found


def count_since(
    project: Project, opinions: Opinions, policy: Policy, promise: WatchedPromise, field: str, threshold: Fraction
) -> tuple[int, int]:
    """
    Count the items of the sample that people have finished since, and that the jurors would decide alone.

    :return: how many, and how many of these people label otherwise
    """
    parts = read_parts(project) if promise.score_by == ScoreBy.PROBABILITY else None
    # Draws of a smaller share since must not take away what has tested the promise.
    draws = read_draws(project, opinions.item_keys, until=promise.made_at)
    panel = read_panel(opinions, policy, field, parts)
    people = read_people(project, opinions, policy, field)
    wanted = max(policy.quorum, project.votes_wanted)
    was_finished = read_finished(
        project, opinions.item_keys, last_vote=promise.last_vote, time=promise.made_at, wanted=wanted
    )
    strict = np.array([*(score >= threshold for score in panel.scores), False])  # the last is for NO_SCORE
    tests = people.is_complete & ~was_finished & strict[panel.level]
    at = draws.item[draws.in_smallest & draws.is_reached]  # a uniform sample, as the certificate's
    at = at[tests[at]]
    return len(at), int((people.label[at] != panel.label[at]).sum())


def audit(n: int, errors: int, *, error: float, risk: float) -> dict[str, Any]:
    """
    Return how a promise stands after n items, as JSON; each bound holds at all times with confidence 1 - risk. Pure.

    :param error: the share that may be wrong
    """
    losses = losses_of(n, errors)
    return {
        "n": n,
        "errors": errors,
        "lower": lower_bound(losses, risk),
        "upper": upper_bound(losses, risk),
        "standing": str(standing_of(n, errors, error=error, risk=risk)),
    }


def standing_of(n: int, errors: int, *, error: float, risk: float) -> Standing:
    """
    Return how a promise stands after n items. Pure.

    While it is kept, it is ever called broken with a probability of at most `risk`, however often one looks.
    """
    if not n:
        return Standing.UNTRIED
    if errors / n <= error:
        return Standing.KEPT
    return Standing.BROKEN if is_worse_than(losses_of(n, errors), error, risk) else Standing.WATCH


def losses_of(n: int, errors: int) -> NDArray[np.float64]:
    """Return the losses, 1 for an error and else 0: shape (n,)."""
    return np.repeat([1.0, 0.0], [errors, n - errors])
