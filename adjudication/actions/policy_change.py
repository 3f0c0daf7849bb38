"""Compare a project's policy with another, and change it."""

from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction

from adjudication.actions.recounts import lock_decisions, recount
from adjudication.policies import Proposal, policy_of
from adjudication.policy_diff import Difference, difference
from corpus.actions import record_event
from corpus.errors import Invalid, Refused
from corpus.models import Project, Verb

MOST_QUORUM = 100


class SamePolicy(Refused):
    """The project has this policy with these settings already."""

    code = "same_policy"


class CompareUnderWay(Refused):
    """Somebody compares policies of this project at the moment."""

    code = "busy"


def proposal(project: Project, *, policy: str, quorum: int | None, caution: str | None) -> Proposal:
    """
    Return the project as it would be under another policy.

    :param quorum: None for the policy's own; `caution` likewise
    :raises Invalid: if a setting is out of range
    :raises Refused: if the policy is not known or does not fit the fields of the project
    """
    if quorum is not None and not 1 <= quorum <= MOST_QUORUM:
        raise Invalid("quorum", f"choose a number from 1 to {MOST_QUORUM}")
    if caution not in (None, *Project.Caution.values):
        raise Invalid("caution", "choose safe or unsafe, or nothing for the policy's own")
    proposed = Proposal(str(project), policy, quorum, caution, project.fields)
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
        return difference(project, policy_of(project), policy_of(proposed), fields=proposed.fields, **page)


@transaction.atomic
def change_policy(
    *, project: Project, by: User | None, policy: str, quorum: int | None, caution: str | None, reason: str
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
    proposed = proposal(project, policy=policy, quorum=quorum, caution=caution)
    old = {"policy": project.policy, "quorum": project.quorum, "caution": project.caution}
    new = {"policy": policy, "quorum": quorum, "caution": caution}
    if old == new:
        raise SamePolicy("The project has this policy with these settings already.")
    changed = difference(project, policy_of(project), policy_of(proposed), limit=0)
    Project.objects.filter(pk=project.pk).update(**new)
    recount(project=project)
    counts = {"labels": changed.labels, "categories": changed.categories}
    counts |= {"cases_opened": changed.cases_opened, "cases_closed": changed.cases_closed}
    detail = {"from": old, "to": new, "reason": reason.strip(), "changed": counts}
    record_event(project=project, verb=Verb.PROJECT_POLICY_CHANGED, subject=project.slug, actor=by, detail=detail)
    return changed
