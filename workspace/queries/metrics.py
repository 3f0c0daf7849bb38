"""Counts over all projects, for the metrics of the servers."""

from typing import Any

from django.db import connection

from adjudication.models import Case, Decision
from jury.models import Ballot, Run
from workspace.models import Job

Counts = dict[str, dict[str, int]]
"Number of rows by kind and state."
ZEROS: Counts = {
    "items": dict.fromkeys([*Decision.Status.values, "withdrawn"], 0),
    "cases": dict.fromkeys(Case.State.values, 0),
    "slots": dict.fromkeys(["open", "leased"], 0),
    "runs": dict.fromkeys(Run.State.values, 0),
    "ballots": dict.fromkeys(Ballot.Outcome.values, 0),
    "jobs": dict.fromkeys(Job.State.values, 0),
}
# Items without a decision yet are pending, as in `adjudicate`.
COUNT = """
    SELECT 'items', CASE WHEN i.withdrawn_at IS NOT NULL THEN 'withdrawn' ELSE coalesce(d.status, 'pending') END,
        count(*)
    FROM corpus_item i JOIN corpus_project p ON p.id = i.project_id
        LEFT JOIN adjudication_decision d ON d.item_id = i.id AND d.policy = p.policy
    GROUP BY 2
    UNION ALL SELECT 'cases', state, count(*) FROM adjudication_case GROUP BY 2
    UNION ALL SELECT 'slots', CASE WHEN leased_until > now() THEN 'leased' ELSE 'open' END, count(*)
    FROM annotation_slot WHERE vote_id IS NULL GROUP BY 2
    UNION ALL SELECT 'runs', state, count(*) FROM jury_run GROUP BY 2
    UNION ALL SELECT 'ballots', outcome, count(*) FROM jury_ballot WHERE is_current GROUP BY 2
    UNION ALL SELECT 'jobs', state, count(*) FROM workspace_job GROUP BY 2
"""


def project_metrics() -> Counts:
    """Return all counts, from one statement; a state without rows counts 0."""
    counts: dict[str, dict[str, Any]] = {kind: dict(states) for kind, states in ZEROS.items()}
    with connection.cursor() as cursor:
        cursor.execute(COUNT)
        for kind, state, count in cursor.fetchall():
            counts[kind][state] = count
    return counts
