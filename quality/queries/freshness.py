"""The stored reports of a project, and whether they are up to date."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from adjudication import queries as adjudication_queries
from adjudication.policies import Policy, policy_of
from corpus.kept import kept_if_large
from corpus.models import Project
from quality.models import Report

FIGURES = 2
"Raised where reports are computed otherwise, so that all are measured again."
CHECKS_FINGERPRINT = """
SELECT json_build_object(
    'gold', (SELECT md5(string_agg(g::text, '|' ORDER BY item_id)) FROM annotation_gold g
        WHERE project_id = %(project)s),
    'guideline', (SELECT max(id) FROM annotation_guidelineversion WHERE project_id = %(project)s),
    'audits', (SELECT json_build_array(count(*), count(audited_at), max(audited_at)) FROM annotation_audit
        WHERE project_id = %(project)s),
    'checks', (SELECT json_build_array(count(vote_id), max(vote_id)) FROM annotation_check c
        JOIN annotation_annotator a ON a.id = annotator_id WHERE project_id = %(project)s),
    'sample', (SELECT json_build_array(count(*), sample_percent, votes_wanted)
        FROM corpus_project p JOIN annotation_queue q ON q.project_id = p.id
        JOIN annotation_sampledraw d ON d.project_id = p.id
        WHERE p.id = %(project)s GROUP BY sample_percent, votes_wanted),
    'renamed', (SELECT count(*) FROM annotation_annotator WHERE project_id = %(project)s AND released_as <> ''),
    'terms', (SELECT max(version) FROM corpus_groupterms WHERE project_id = %(project)s),
    'promise', (SELECT max(id) FROM quality_watchedpromise WHERE project_id = %(project)s)
)
"""
RUNNING_SECONDS = """
    SELECT max(coalesce(extract(epoch FROM clock_timestamp() - xact_start), 0))::float8
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND objid = %(project)s::int
        AND classid::bigint = hashtext('measure')::bigint & 4294967295
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
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
    running_seconds: float | None
    "How long a measurement has run that runs now; None if none does."

    @property
    def is_being_measured(self) -> bool:
        """Whether a measurement runs now."""
        return self.running_seconds is not None

    @property
    def duration(self) -> str:
        """How long the last measurement took, in words."""
        return duration(self.seconds)


def duration(seconds: float) -> str:
    """Return a duration in its largest whole unit, as in `12 s`, `7 min` or `3 h`."""
    if seconds < 120:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 7200 else f"{round(seconds / 3600)} h"


def latest_reports(project: Project) -> dict[str, Report]:
    """Return the reports under the project's own policy, by kind; none before the first measurement."""
    return {report.kind: report for report in Report.objects.filter(project=project, policy=project.policy)}


def freshness_of(project: Project, reports: dict[str, Report]) -> Freshness:
    """Compare reports with the current fingerprint of their input."""
    policy = policy_of(project)
    measured = max((report.computed_at for report in reports.values()), default=None)
    name = f"fingerprint {policy.description} {project.fields} {measured}"  # a measurement is compared at once
    fingerprint = kept_if_large(project, name, lambda: input_fingerprint(project, policy)) if reports else None
    return Freshness(
        as_of=min((report.computed_at for report in reports.values()), default=None),
        seconds=sum(report.seconds for report in reports.values()),
        is_current=bool(reports) and all(report.fingerprint == fingerprint for report in reports.values()),
        running_seconds=running_seconds(project),
    )


def input_fingerprint(project: Project, policy: Policy) -> dict[str, Any]:
    """Return a small value that changes whenever anything does that reports are computed from."""
    checks: dict[str, Any] = fetch_value(CHECKS_FINGERPRINT, project)
    return adjudication_queries.fingerprint(project, policy) | checks | {"figures": FIGURES}


def running_seconds(project: Project) -> float | None:
    """Return how long the transaction that holds the project's measurement lock has run; None if there is none."""
    seconds: float | None = fetch_value(RUNNING_SECONDS, project)
    return seconds


def fetch_value(sql: str, project: Project) -> Any:
    """Return the single value that a query about the parameter `project` selects."""
    with connection.cursor() as cursor:
        cursor.execute(sql, {"project": project.pk})
        return cursor.fetchone()[0]
