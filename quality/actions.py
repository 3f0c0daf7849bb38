"""Measure a project: all its reports from one snapshot, one measurement at a time, never in a web request."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import OperationalError, connection
from django.utils import timezone
from psycopg.errors import SerializationFailure

from adjudication import queries as adjudication_queries
from adjudication.actions import recount_if_changed
from adjudication.policies import Policy, policy_of
from corpus.errors import Refused
from corpus.models import Project
from corpus.snapshot import snapshot
from quality import queries
from quality.models import Report
from quality.reports import advice, agreement, checks, drift, scores, shares
from quality.reports.arrays import read_opinions
from quality.reports.panel import panel_report

LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('measure'), %s)"
IS_LOCKED = """
    SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = %s::int
        AND classid::bigint = hashtext('measure')::bigint & 4294967295
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""
UPDATED = ["fingerprint", "content", "computed_at", "seconds"]
REST = 20
"A project is not measured again by itself before this many times as long as the last time took."
LEAST_REST = timedelta(seconds=60)


class BeingMeasured(Refused):
    """Somebody else is at it."""

    code = "being_measured"


def measure(*, project: Project) -> dict[str, float]:
    """
    Compute every report of a project and store it; give the seconds each took.

    :raises BeingMeasured: if it is being measured at this moment
    """
    recount_if_changed(project=project)
    busy = f"Project {project} is being measured already. Its new figures will be there in a moment."
    try:
        with snapshot():
            if not one_value(LOCK, project.pk):
                raise BeingMeasured(busy)
            reports = made_of(project)
            Report.objects.bulk_create(
                reports, update_conflicts=True, unique_fields=["project", "policy", "kind"], update_fields=UPDATED
            )
    except OperationalError as error:
        # Somebody ended between our snapshot and our lock, so theirs are as new as ours would be.
        if isinstance(error.__cause__, SerializationFailure):
            raise BeingMeasured(busy) from error
        raise
    return {report.kind: report.seconds for report in reports}


def made_of(project: Project) -> list[Report]:
    """Make the reports from what this transaction sees."""
    policy = policy_of(project)
    about = {"project": project, "policy": policy.name, "fingerprint": fingerprint(project, policy)}
    now = timezone.now()
    opinions = read_opinions(project)
    panel = cache(lambda: panel_report(project))
    work: dict[str, Callable[[], dict[str, Any]]] = {
        "agreement": lambda: agreement.measure(project, opinions),
        "scores": lambda: scores.measure(project, opinions, policy),
        "drift": lambda: drift.measure(project, opinions, policy),
        "shares": lambda: shares.measure(project, opinions, policy),
        "checks": lambda: checks.measure(project),
        "jurors": lambda: {"fields": [asdict(field) for field in panel()]},
        "advice": lambda: advice.measure(project, opinions, policy, panel(), list(project.fields)),
    }
    reports = []
    for kind, make in work.items():
        began = time.monotonic()
        content = make()
        seconds = round(time.monotonic() - began, 3)
        reports.append(Report(kind=kind, content=content, computed_at=now, seconds=seconds, **about))
    return reports


def fingerprint(project: Project, policy: Policy) -> dict[str, Any]:
    return adjudication_queries.fingerprint(project, policy.settings) | queries.checks_fingerprint(project)


def measure_if_changed(*, project: Project) -> bool:
    """Measure a project whose opinions have changed, unless it was just measured; say whether it was."""
    policy = policy_of(project)
    last = Report.objects.filter(project=project, policy=policy.name)
    if last:
        took = timedelta(seconds=sum(report.seconds for report in last))
        newest = max(report.computed_at for report in last)
        if timezone.now() < newest + max(LEAST_REST, REST * took):
            return False
        if all(report.fingerprint == fingerprint(project, policy) for report in last):
            return False
    try:
        measure(project=project)
    except BeingMeasured:
        return False
    return True


def is_being_measured(project: Project) -> bool:
    return bool(one_value(IS_LOCKED, project.pk))


def one_value(sql: str, project: int) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, [project])
        return cursor.fetchone()[0]


@dataclass(frozen=True)
class State:
    """How fresh the figures are."""

    as_of: datetime | None
    seconds: float
    is_current: bool
    "Nothing that they come from has changed since."
    is_being_measured: bool


def reports_of(project: Project) -> dict[str, Report]:
    """Return the reports under the project's own policy, by kind; none before it was measured."""
    return {report.kind: report for report in Report.objects.filter(project=project, policy=project.policy)}


def state_of(project: Project, reports: dict[str, Report]) -> State:
    policy = policy_of(project)
    now = fingerprint(project, policy) if reports else None
    return State(
        as_of=min((report.computed_at for report in reports.values()), default=None),
        seconds=sum(report.seconds for report in reports.values()),
        is_current=bool(reports) and all(report.fingerprint == now for report in reports.values()),
        is_being_measured=is_being_measured(project),
    )
