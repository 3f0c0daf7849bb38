from typing import Any

from django.db import connection, transaction

from adjudication import queries
from adjudication.counting import COLUMNS, decisions_sql
from adjudication.models import Recount
from adjudication.policies import Policy, policy_of
from corpus.models import Project

# A row that says the same is not written again. Settling and reopening take turns with recounts (lock_decisions),
# so no settlement comes in while we count; and none would be overwritten if it did.
STORE = """
INSERT INTO adjudication_decision AS stored ({columns})
{decisions}
ON CONFLICT (item_id, policy) DO UPDATE SET ({columns}) = ROW ({incoming})
WHERE ({old}) IS DISTINCT FROM ({new}) AND (stored.status <> 'settled' OR EXCLUDED.status = 'settled')
"""
CLOSE_CASES = """
UPDATE adjudication_case SET state = 'closed', closed_at = now(), holder_id = NULL, held_until = NULL
FROM adjudication_decision d JOIN corpus_item i ON i.id = d.item_id
WHERE adjudication_case.item_id = d.item_id AND i.project_id = %(project)s AND d.policy = %(policy)s
    AND (%(item)s::bigint IS NULL OR i.id = %(item)s)
    AND state = 'open' AND (d.status <> 'disputed' AND reopens_id IS NULL OR withdrawn_at IS NOT NULL)
"""
OPEN_CASES = """
INSERT INTO adjudication_case
    (item_id, state, opened_at, blind_categories, blind_other_text, categories, other_text, reason, seen_votes,
    seen_ballots)
SELECT d.item_id, 'open', now(), '{}', '', '{}', '', '', '{}', '{}'
FROM adjudication_decision d JOIN corpus_item i ON i.id = d.item_id
WHERE i.project_id = %(project)s AND d.policy = %(policy)s AND d.status = 'disputed' AND withdrawn_at IS NULL
    AND (%(item)s::bigint IS NULL OR i.id = %(item)s)
ON CONFLICT DO NOTHING
"""


@transaction.atomic
def recount(*, project: Project, policy_name: str | None = None) -> Recount:
    """
    Decide every item of a project again from its opinions, under a policy (default: its own).

    Set-based and idempotent: what has not changed is not written. Only the project's own
    policy opens and closes cases.

    :raises Refused: if the policy does not fit the fields of the project
    """
    lock_decisions(project)
    policy = policy_of(project, policy_name)
    # Before the count: what comes in meanwhile makes the count look old, never new.
    fingerprint = queries.fingerprint(project, policy.settings)
    count(project, policy)
    stored, _ = Recount.objects.update_or_create(
        project=project, policy=policy.name, defaults={"fingerprint": fingerprint}
    )
    return stored


@transaction.atomic
def recount_item(*, project: Project, item: int) -> None:
    """Decide one item again under the project's own policy, as a settlement or its end does at once."""
    lock_decisions(project)
    count(project, policy_of(project), item)


def lock_decisions(project: Project) -> None:
    """
    Wait for whoever counts or settles in the project, and have others wait until the transaction ends.

    Take it before any row: a recount holds it while it waits for rows. The policy may have been changed
    while we waited, so it is read again.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('recount'), %s)", [project.pk])
    project.refresh_from_db(fields=["policy", "quorum", "caution"])


def count(project: Project, policy: Policy, item: int | None = None) -> None:
    parameters: dict[str, Any] = {"project": project.pk, "taxonomy": project.taxonomy_id, "policy": policy.name}
    parameters["item"] = item
    with connection.cursor() as cursor:
        cursor.execute(store_sql(decisions_sql(policy, project.fields, of_one=item is not None)), parameters)
        if policy.name == project.policy:
            cursor.execute(CLOSE_CASES, parameters)
            cursor.execute(OPEN_CASES, parameters)


def store_sql(decisions: str) -> str:
    compared = [column for column in COLUMNS if column not in ("item_id", "policy", "changed_at")]
    return STORE.format(
        columns=", ".join(COLUMNS),
        incoming=", ".join(f"EXCLUDED.{column}" for column in COLUMNS),
        decisions=decisions,
        old=", ".join(f"stored.{column}" for column in compared),
        new=", ".join(f"EXCLUDED.{column}" for column in compared),
    )


def recount_if_changed(*, project: Project, policy_name: str | None = None) -> Recount:
    """Recount only if items, opinions, settlements or settings have changed since the last time."""
    policy = policy_of(project, policy_name)
    last = Recount.objects.filter(project=project, policy=policy.name).first()
    now: dict[str, Any] = queries.fingerprint(project, policy.settings)
    return last if last and last.fingerprint == now else recount(project=project, policy_name=policy.name)
