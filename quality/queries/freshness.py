"""The stored reports of a project, and whether they are up to date."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from adjudication import queries as adjudication_queries
from adjudication.policies import Policy, policy_of
from corpus.models import Project
from quality.models import Report

CHECKS_FINGERPRINT = """
SELECT json_build_object(
    'gold', (SELECT json_build_array(count(*), max(set_at)) FROM annotation_gold WHERE project_id = %(project)s),
    'audits', (SELECT json_build_array(count(*), count(audited_at), max(audited_at)) FROM annotation_audit
        WHERE project_id = %(project)s),
    'checks', (SELECT json_build_array(count(vote_id), max(vote_id)) FROM annotation_check c
        JOIN annotation_annotator a ON a.id = annotator_id WHERE project_id = %(project)s)
)
"""
IS_LOCKED = """
    SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = %(project)s::int
        AND classid::bigint = hashtext('measure')::bigint & 4294967295
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""


@dataclass(frozen=True)
class Freshness:
    """How old the reports of a project are."""

    as_of: datetime | None
    "When the oldest of them was computed; None before the first measurement."
    seconds: float
    "How long the last measurement took."
    is_current: bool
    "Whether their input is unchanged since."
    is_being_measured: bool


def latest_reports(project: Project) -> dict[str, Report]:
    """Return the reports under the project's own policy, by kind; none before the first measurement."""
    return {report.kind: report for report in Report.objects.filter(project=project, policy=project.policy)}


def freshness_of(project: Project, reports: dict[str, Report]) -> Freshness:
    """Compare reports with the current fingerprint of their input."""
    fingerprint = input_fingerprint(project, policy_of(project)) if reports else None
    return Freshness(
        as_of=min((report.computed_at for report in reports.values()), default=None),
        seconds=sum(report.seconds for report in reports.values()),
        is_current=bool(reports) and all(report.fingerprint == fingerprint for report in reports.values()),
        is_being_measured=is_being_measured(project),
    )


def input_fingerprint(project: Project, policy: Policy) -> dict[str, Any]:
    """Return a small value that changes whenever opinions, settlements, policy settings, gold, audits or checks do."""
    checks: dict[str, Any] = fetch_value(CHECKS_FINGERPRINT, project)
    return adjudication_queries.fingerprint(project, policy) | checks


def is_being_measured(project: Project) -> bool:
    """Return whether some transaction holds the project's measurement lock."""
    return bool(fetch_value(IS_LOCKED, project))


def fetch_value(sql: str, project: Project) -> Any:
    """Return the single value that a query about the parameter `project` selects."""
    with connection.cursor() as cursor:
        cursor.execute(sql, {"project": project.pk})
        return cursor.fetchone()[0]
