from typing import Any

from django.db import connection, transaction

from adjudication import queries
from adjudication.counting import COLUMNS, decisions_sql
from adjudication.models import Recount
from adjudication.policies import policy_of
from corpus.models import Project

# A row that says the same is not written again, and a settlement that came in while we
# counted is not overwritten: its own recount, or the next, sees it.
STORE = """
INSERT INTO adjudication_decision AS stored ({columns})
{decisions}
ON CONFLICT (item_id, policy) DO UPDATE SET ({columns}) = ROW ({incoming})
WHERE ({old}) IS DISTINCT FROM ({new}) AND (stored.status <> 'settled' OR EXCLUDED.status = 'settled')
"""
CLOSE_CASES = """
UPDATE adjudication_case SET state = 'closed', closed_at = now()
FROM adjudication_decision d JOIN corpus_item i ON i.id = d.item_id
WHERE adjudication_case.item_id = d.item_id AND i.project_id = %(project)s AND d.policy = %(policy)s
    AND state = 'open' AND (d.status <> 'disputed' OR withdrawn_at IS NOT NULL)
"""
OPEN_CASES = """
INSERT INTO adjudication_case
    (item_id, state, opened_at, blind_categories, categories, reason, seen_votes, seen_ballots)
SELECT d.item_id, 'open', now(), '{}', '{}', '', '{}', '{}'
FROM adjudication_decision d JOIN corpus_item i ON i.id = d.item_id
WHERE i.project_id = %(project)s AND d.policy = %(policy)s AND d.status = 'disputed' AND withdrawn_at IS NULL
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
    policy = policy_of(project, policy_name)
    parameters: dict[str, Any] = {"project": project.pk, "taxonomy": project.taxonomy_id, "policy": policy.name}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('recount'), %s)", [project.pk])
        # Before the count: what comes in meanwhile makes the count look old, never new.
        fingerprint = queries.fingerprint(project, policy.settings)
        cursor.execute(store_sql(decisions_sql(policy, project.fields)), parameters)
        if policy.name == project.policy:
            cursor.execute(CLOSE_CASES, parameters)
            cursor.execute(OPEN_CASES, parameters)
    stored, _ = Recount.objects.update_or_create(
        project=project, policy=policy.name, defaults={"fingerprint": fingerprint}
    )
    return stored


def store_sql(decisions: str) -> str:
    compared = [column for column in COLUMNS if column not in ("item_id", "policy", "changed_at")]
    return STORE.format(
        columns=", ".join(COLUMNS),
        incoming=", ".join(f"EXCLUDED.{column}" for column in COLUMNS),
        decisions=decisions,
        old=", ".join(f"stored.{column}" for column in compared),
        new=", ".join(f"EXCLUDED.{column}" for column in compared),
    )


def keep_current(*, project: Project, policy_name: str | None = None) -> Recount:
    """Recount only if items, opinions, settlements or settings have changed since the last time."""
    policy = policy_of(project, policy_name)
    last = Recount.objects.filter(project=project, policy=policy.name).first()
    now: dict[str, Any] = queries.fingerprint(project, policy.settings)
    return last if last and last.fingerprint == now else recount(project=project, policy_name=policy.name)
