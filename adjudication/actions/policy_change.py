"""Compare a project's policy with another, and change it."""

from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction

from adjudication.actions.certificates import with_thresholds
from adjudication.actions.recounts import lock_decisions, recount
from adjudication.panel_scores import ScoreBy
from adjudication.policies import Policy, Proposal, check_share, policy_of
from adjudication.policy_diff import Difference, difference
from corpus.actions import record_event
from corpus.errors import Invalid, Refused
from corpus.models import Project, Verb

MOST_QUORUM = 100
SETTINGS = ("policy", "quorum", "caution", "certified_error", "certified_risk", "certified_score_by")


class SamePolicy(Refused):
    """The project has this policy with these settings already."""

    code = "same_policy"


class CompareUnderWay(Refused):
    """Somebody compares policies of this project at the moment."""

    code = "busy"


def proposal(
    project: Project,
    *,
    policy: str,
    quorum: int | None,
    caution: str | None,
    error: float | None = None,
    risk: float | None = None,
    score_by: str | None = None,
) -> Proposal:
    """
    Return the project as it would be under another policy.

    :param quorum: None for the policy's own; the other settings likewise
    :param error: the share of labels by jurors alone that may be wrong, under `certified`
    :param risk: the probability that this is not kept
    :param score_by: a value of `ScoreBy`; the usual one is the policy's own, however it is written
    :raises Invalid: if a setting is out of range
    :raises Refused: if the policy is not known or does not fit the fields of the project
    """
    if quorum is not None and not 1 <= quorum <= MOST_QUORUM:
        raise Invalid("quorum", f"choose a number from 1 to {MOST_QUORUM}")
    if caution not in (None, *Project.Caution.values):
        raise Invalid("caution", "choose safe or unsafe, or nothing for the policy's own")
    check_share("error", error)
    check_share("risk", risk)
    if score_by not in (None, *ScoreBy):
        raise Invalid("score_by", f"choose {' or '.join(ScoreBy)}, or nothing for the policy's own")
    chosen = None if score_by == ScoreBy.SHARE else score_by
    proposed = Proposal(str(project), policy, quorum, caution, project.fields, error, risk, chosen)
    policy_of(proposed)
    return proposed


def compare(project: Project, proposed: Proposal, **page: Any) -> Difference:
    """
    Compare the project's own policy and label fields with proposed ones, for one person at a time.

    It counts every opinion twice.

    :param page: the changes to list, as arguments of `policy_diff.difference`
    :raises CompareUnderWay: if somebody does so at the moment
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('compare'), %s)", [project.pk])
        if not cursor.fetchone()[0]:
            raise CompareUnderWay("Another comparison of this project is under way. Try again in a moment.")
        return difference(project, *both_policies(project, proposed), fields=proposed.fields, **page)


def both_policies(project: Project, proposed: Proposal) -> tuple[Policy, Policy]:
    """Return the policy in force and the proposed one, each with its thresholds as they are now."""
    return with_thresholds(project, policy_of(project)), with_thresholds(project, policy_of(proposed))


@transaction.atomic
def change_policy(
    *,
    project: Project,
    by: User | None,
    policy: str,
    quorum: int | None,
    caution: str | None,
    reason: str,
    error: float | None = None,
    risk: float | None = None,
    score_by: str | None = None,
) -> Difference:
    """
    Change the policy of a project or its settings, and recount it at once. Cases open and close accordingly.

    :return: the changes made
    :raises Invalid: if a setting is out of range, or there is no reason
    :raises Refused: if the policy does not fit the fields of the project
    :raises SamePolicy: if nothing would change
    """
    if not reason.strip():
        raise Invalid("reason", "write why; it stays with the change")
    lock_decisions(project)
    promise: dict[str, Any] = {"error": error, "risk": risk, "score_by": score_by}
    proposed = proposal(project, policy=policy, quorum=quorum, caution=caution, **promise)
    old = {name: getattr(project, name) for name in SETTINGS}
    new = {name: getattr(proposed, name) for name in SETTINGS}
    if old == new:
        raise SamePolicy("The project has this policy with these settings already.")
    changed = difference(project, *both_policies(project, proposed), limit=0)
    Project.objects.filter(pk=project.pk).update(**new)
    recount(project=project)
    counts = {"labels": changed.labels, "categories": changed.categories}
    counts |= {"cases_opened": changed.cases_opened, "cases_closed": changed.cases_closed}
    # What neither has is left out, so that events of other policies stay as they were.
    named = [name for name in SETTINGS if not name.startswith("certified_") or old[name] or new[name]]
    old, new = ({name: each[name] for name in named} for each in (old, new))
    detail = {"from": old, "to": new, "reason": reason.strip(), "changed": counts}
    record_event(project=project, verb=Verb.PROJECT_POLICY_CHANGED, subject=project.slug, actor=by, detail=detail)
    return changed
