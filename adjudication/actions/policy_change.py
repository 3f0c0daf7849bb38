"""Another policy for a project."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from adjudication.actions.recounts import lock_decisions, recount
from adjudication.policies import Proposal, policy_of
from adjudication.policy_diff import Difference, difference
from corpus.actions import record_event
from corpus.errors import Invalid, Refused
from corpus.models import Project, Verb

MOST_QUORUM = 100


class SamePolicy(Refused):
    code = "same_policy"


def proposal(project: Project, *, policy: str, quorum: int | None, caution: str | None) -> Proposal:
    """
    Return the project as it would be; no quorum and no caution are the policy's own.

    :raises Invalid: if a setting makes no sense
    :raises Refused: if the policy is not known or does not fit the fields of the project
    """
    if quorum is not None and not 1 <= quorum <= MOST_QUORUM:
        raise Invalid("quorum", f"choose a number from 1 to {MOST_QUORUM}")
    if caution not in (None, *Project.Caution.values):
        raise Invalid("caution", "choose safe or unsafe, or nothing for the policy's own")
    proposed = Proposal(str(project), policy, quorum, caution, project.wants_prompt_label)
    policy_of(proposed)
    return proposed


def compare(project: Project, proposed: Proposal, **page: Any) -> Difference:
    """Set the project's own policy beside a proposed one; `page` as policy_diff.difference takes it."""
    return difference(project, policy_of(project), policy_of(proposed), **page)


@transaction.atomic
def change_policy(
    *, project: Project, by: User | None, policy: str, quorum: int | None, caution: str | None, reason: str
) -> Difference:
    """
    Return a project another policy or other settings and recount it at once; cases open and close by the new one.

    :return: what changed
    :raises Invalid: if a setting makes no sense, or there is no reason
    :raises Refused: if the policy does not fit the fields of the project
    :raises SamePolicy: if nothing would be another
    """
    if not reason.strip():
        raise Invalid("reason", "write why; it stays with the change")
    lock_decisions(project)
    proposed = proposal(project, policy=policy, quorum=quorum, caution=caution)
    old = {"policy": project.policy, "quorum": project.quorum, "caution": project.caution}
    new = {"policy": policy, "quorum": quorum, "caution": caution}
    if old == new:
        raise SamePolicy("The project has this policy with these settings already.")
    changed = compare(project, proposed, limit=0)
    Project.objects.filter(pk=project.pk).update(**new)
    recount(project=project)
    counts = {"labels": changed.labels, "categories": changed.categories}
    counts |= {"cases_opened": changed.opens, "cases_closed": changed.closes}
    detail = {"from": old, "to": new, "reason": reason.strip(), "changed": counts}
    record_event(project=project, verb=Verb.PROJECT_POLICY_CHANGED, subject=project.slug, actor=by, detail=detail)
    return changed
