"""Recount: decide the items of a project again, and open and close cases accordingly."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from adjudication import queries
from adjudication.actions.certificates import certify_project, in_force
from adjudication.actions.spending import asks_votes_anew, spend_votes
from adjudication.answer_counting import batches_of, parameters_of, store_answers_sql
from adjudication.counting import COLUMNS, MADE_BY, decisions_sql
from adjudication.models import Recount
from adjudication.policies import POLICIES, Policy, policy_of
from annotation.sampling import draw_sample, lock_slots
from corpus.models import Project
from corpus.queries import forget_questions, questions_of
from corpus.taxonomy_versions import counts_as

# An unchanged decision is not written again; by other rules or settings, only what made it is. No settlement can come
# in during a recount (lock_decisions); and none would be overwritten if it did.
STORE = """
INSERT INTO adjudication_decision AS stored ({columns})
{decisions}
ON CONFLICT (item_id, policy) DO UPDATE SET ({columns}) = ROW ({incoming})
WHERE ({old}, {old_made_by}) IS DISTINCT FROM ({new}, {new_made_by})
    AND (stored.status <> 'settled' OR EXCLUDED.status = 'settled')
"""
CHANGED_AT = "CASE WHEN ({old}) IS DISTINCT FROM ({new}) THEN EXCLUDED.changed_at ELSE stored.changed_at END"
IS_DISPUTED = "d.status = 'disputed'"
"What opens a case, and keeps it open, where no question does."
IS_DISPUTED_IN_ANY = """d.status = 'disputed' OR d.status <> 'settled' AND EXISTS (
        SELECT FROM adjudication_answerdecision a JOIN corpus_question q ON q.id = a.question_id
        WHERE a.item_id = d.item_id AND a.policy = d.policy AND a.status = 'disputed'
            AND opens_cases AND retired_at IS NULL)"""
"The same where disputed answers to some questions open cases, too."
CLOSE_CASES = """
UPDATE adjudication_case SET state = 'closed', closed_at = now(), holder_id = NULL, held_until = NULL
FROM adjudication_decision d JOIN corpus_item i ON i.id = d.item_id
WHERE adjudication_case.item_id = d.item_id AND i.project_id = %(project)s AND d.policy = %(policy)s
    AND (%(item)s::bigint IS NULL OR i.id = %(item)s)
    AND state = 'open' AND (NOT ({is_disputed}) AND reopens_id IS NULL OR withdrawn_at IS NOT NULL)
"""
# What was opened for somebody who reopened a settlement is closed only by a withdrawal, so it opens at the restoration.
OPEN_CASES = """
WITH wanted AS (
    SELECT item_id, reopens_id FROM adjudication_case c
    WHERE project_id = %(project)s AND (%(item)s::bigint IS NULL OR item_id = %(item)s)
        AND state = 'closed' AND reopens_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM adjudication_case later WHERE later.item_id = c.item_id AND later.id > c.id)
), due AS (
    SELECT d.item_id FROM adjudication_decision d JOIN corpus_item i ON i.id = d.item_id
    WHERE i.project_id = %(project)s AND d.policy = %(policy)s AND ({is_disputed})
        AND (%(item)s::bigint IS NULL OR i.id = %(item)s)
    UNION SELECT item_id FROM wanted
)
INSERT INTO adjudication_case
    (item_id, project_id, source, state, opened_at, blind_categories, blind_other_text, categories, other_text, reason,
    seen_votes, seen_ballots, reopens_id)
SELECT i.id, i.project_id, i.source, 'open', now(), '{{}}', '', '{{}}', '', '', '{{}}', '{{}}', wanted.reopens_id
FROM due JOIN corpus_item i ON i.id = due.item_id LEFT JOIN wanted ON wanted.item_id = i.id
WHERE withdrawn_at IS NULL
ORDER BY i.id  -- cases of one recount open at the same moment, so their keys decide which comes first
ON CONFLICT DO NOTHING
"""


DECIDING = ("policy", "quorum", "caution", "certified_error", "certified_risk", "certified_score_by", "votes_wanted")
"The settings of a project that a recount depends on."


@transaction.atomic
def recount(*, project: Project, policy_name: str | None = None) -> Recount:
    """
    Decide every item of a project again from its opinions.

    Set-based and idempotent: a decision that is the same by the same rules is not written again. Only the
    project's own policy opens and closes cases.

    :param policy_name: default: the project's own policy
    :raises Refused: if the policy does not fit the fields of the project
    """
    lock_decisions(project)
    policy = policy_of(project, policy_name)
    if policy.promise:
        draw_sample(project)  # what was imported since slots were last opened; nothing is promised of items not drawn
    # Read before the count, so that an opinion added during the count makes it stale.
    fingerprint = queries.fingerprint(project, policy)
    spends = policy.name == project.policy and asks_votes_anew(project, policy)
    policy = certify_project(project, policy)
    store_decisions(project, policy, spends=spends)
    if spends:
        spend_votes(project, policy)
    stored, _ = Recount.objects.update_or_create(
        project=project, policy=policy.name, defaults={"fingerprint": fingerprint}
    )
    return stored


@transaction.atomic
def recount_item(*, project: Project, item: int) -> None:
    """
    Decide one item again under every policy that the project was counted under, as after a settlement.

    :param item: primary key
    """
    lock_decisions(project)
    counted = (
        Recount.objects.filter(project=project, policy__in=POLICIES).exclude(policy=project.policy).order_by("policy")
    )
    for name in (project.policy, *counted.values_list("policy", flat=True)):
        store_decisions(project, in_force(project, policy_of(project, name)), item)


def recount_if_changed(*, project: Project, policy_name: str | None = None) -> Recount:
    """
    Recount only if items, opinions, settlements or settings have changed since the last recount.

    :raises Refused: if the policy does not fit the fields of the project
    """
    if current := current_recount(project, policy_name):
        return current
    with transaction.atomic():
        lock_decisions(project)
        # Another process may have recounted while this one waited for the lock.
        return current_recount(project, policy_name) or recount(project=project, policy_name=policy_name)


@transaction.atomic
def recount_unless_busy(*, project: Project) -> Recount | None:
    """
    Recount as `recount_if_changed` does, but do not wait while another process decides or settles.

    :return: None if another process holds the decisions
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('recount'), %s)", [project.pk])
        has_lock = cursor.fetchone()[0]
    return recount_if_changed(project=project) if has_lock else None


def current_recount(project: Project, policy_name: str | None) -> Recount | None:
    """Return the last recount under a policy if nothing has changed since."""
    policy = policy_of(project, policy_name)
    last = Recount.objects.filter(project=project, policy=policy.name).first()
    return last if last and last.fingerprint == queries.fingerprint(project, policy) else None


def lock_decisions(project: Project) -> None:
    """
    Lock the decisions of a project until the transaction ends, so that recounts and settlements take turns.

    Lock before any row: a recount holds this lock while it waits for rows. The policy may
    and the taxonomy may have changed while this call waited, so they are read again, as are the questions.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('recount'), %s)", [project.pk])
    project.refresh_from_db(fields=[*DECIDING, "has_questions", "taxonomy"])
    forget_questions(project)


def store_decisions(project: Project, policy: Policy, item: int | None = None, *, spends: bool = False) -> None:
    """
    Store the decisions under a policy, on labels and on answers, and open and close cases if it is the project's own.

    :param item: primary key of the only item to decide; default: all items
    :param spends: whether votes are asked anew afterwards
    """
    parameters: dict[str, Any] = {"project": project.pk, "taxonomy": project.taxonomy_id, "policy": policy.name}
    parameters["item"] = item
    decisions = decisions_sql(
        policy, project.fields, of_one=item is not None, translates=bool(counts_as(project.taxonomy_id))
    )
    with connection.cursor() as cursor:
        cursor.execute(store_sql(decisions), parameters)
        for questions in batches_of(questions_of(project)):
            statement = store_answers_sql(policy, questions, of_one=item is not None)
            cursor.execute(statement, parameters | parameters_of(questions))
        if policy.name == project.policy:
            asks = any(question.opens_cases and not question.retired_at for question in questions_of(project))
            is_disputed = IS_DISPUTED_IN_ANY if asks else IS_DISPUTED
            if spends:
                lock_slots(project)  # before any case: whoever sends one back holds this lock while they wait for it
            for statement in (CLOSE_CASES, OPEN_CASES):
                cursor.execute(statement.format(is_disputed=is_disputed), parameters)


def store_sql(decisions: str) -> str:
    """Return the statement that stores the rows of a query for decisions, where they differ from the stored ones."""
    judged = [column for column in COLUMNS if column not in ("item_id", "policy", *MADE_BY, "changed_at")]
    parts = {
        "old": columns_of("stored", judged),
        "new": columns_of("EXCLUDED", judged),
        "old_made_by": columns_of("stored", MADE_BY),
        "new_made_by": columns_of("EXCLUDED", MADE_BY),
    }
    incoming = f"{columns_of('EXCLUDED', COLUMNS[:-1])}, {CHANGED_AT.format(**parts)}"
    return STORE.format(columns=", ".join(COLUMNS), incoming=incoming, decisions=decisions, **parts)


def columns_of(table: str, columns: Sequence[str]) -> str:
    """Return the columns of a table, joined by commas."""
    return ", ".join(f"{table}.{column}" for column in columns)
