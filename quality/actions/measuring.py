"""Measure a project: compute all its reports from one snapshot, one measurement at a time, in the background."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import timedelta
from functools import cache
from typing import Any

from django.contrib.auth.models import User
from django.db import DatabaseError, OperationalError, transaction
from django.utils import timezone
from psycopg.errors import SerializationFailure

from adjudication.actions import recount_if_changed
from adjudication.panel_scores import ScoreBy
from adjudication.policies import check_share, policy_of
from corpus.actions import find_groups
from corpus.errors import Refused
from corpus.models import Project
from corpus.queries import questions_of
from corpus.replica import reading_replica
from corpus.snapshot import snapshot
from quality.actions.following import begin_watching, follow_certificate
from quality.actions.stating import state_reports
from quality.models import Measurement, Report, WatchedPromise
from quality.queries.freshness import fetch_value, input_fingerprint, latest_reports
from quality.reports.advice import advice_figures
from quality.reports.agreement import agreement_figures
from quality.reports.arrays import read_opinions
from quality.reports.audit import AUDIT, Standing, audit_figures
from quality.reports.bias import BIAS, bias_figures
from quality.reports.certified import EVIDENCE, promise_figures
from quality.reports.certified_rows import evidence_figures
from quality.reports.checks import check_figures
from quality.reports.disagreement import DISAGREEMENT, EXAMPLES, disagreement_reports
from quality.reports.drift import drift_figures
from quality.reports.panel import panel_figures
from quality.reports.questions import question_figures
from quality.reports.sample import has_sample, sample_figures
from quality.reports.scores import score_figures
from quality.reports.shares import share_figures

logger = logging.getLogger(__name__)
TRY_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('measure'), %(project)s)"
UPDATED = ["fingerprint", "content", "computed_at", "seconds"]
REST_FACTOR = 20
"The schedule measures a project again after this many times the duration of its last measurement."
MIN_REST = timedelta(seconds=60)


NOTHING_TO_PROMISE = (
    "No label can be certified at this error and risk, as of the last measurement, so there is no promise to watch. "
    "The page Certified labels says what is missing."
)


class BeingMeasured(Refused):
    """Another process is measuring the project."""

    code = "being_measured"


def measure_project(*, project: Project) -> dict[str, float]:
    """
    Compute and store every report of a project.

    :return: the seconds that each kind of report took
    :raises BeingMeasured: if another process is measuring the project
    """
    recount_if_changed(project=project)
    find_groups(project=project)
    busy = f"Project {project} is being measured already. Its new figures will be there in a moment."
    try:
        with snapshot():
            if not fetch_value(TRY_LOCK, project):
                raise BeingMeasured(busy)
            # On the primary, as a promise may begin: a replica takes nothing.
            reports = reports_of(project, follow_certificate(project, policy_of(project)))
            Report.objects.bulk_create(
                reports, update_conflicts=True, unique_fields=["project", "policy", "kind"], update_fields=UPDATED
            )
            record_broken(reports)
            state_reports(project, reports)
    except OperationalError as error:
        # Another measurement ended between our snapshot and our lock; its figures are as new as ours would be.
        if isinstance(error.__cause__, SerializationFailure):
            raise BeingMeasured(busy) from error
        raise
    forget_if_renamed(project, reports)
    return {report.kind: report.seconds for report in reports}


def forget_if_renamed(project: Project, reports: Sequence[Report]) -> None:
    """
    Delete reports that name people who were made anonymous while they were computed.

    Whoever makes somebody anonymous deletes the reports that there are, and these were not stored yet.
    """
    renamed = input_fingerprint(project, policy_of(project))["renamed"]
    if any(report.fingerprint["renamed"] != renamed for report in reports):
        Report.objects.filter(project=project).delete()


def reports_of(project: Project, promise: WatchedPromise | None) -> list[Report]:
    """Return what `compute_reports` does, from a replica that has all that was there when it began, if it can."""
    try:
        with reading_replica() as is_read:
            if is_read:
                with snapshot():
                    return compute_reports(project, promise)
    except OperationalError:  # it went away, or ended a read of rows that the primary has removed since
        logger.warning("Project %s cannot be measured on the replica. The primary is read.", project, exc_info=True)
    return compute_reports(project, promise)


def compute_reports(project: Project, promise: WatchedPromise | None) -> list[Report]:
    """
    Return unsaved reports of every kind, computed from what this transaction sees.

    :param promise: the one to watch
    """
    policy = policy_of(project)
    opinions, now = read_opinions(project), timezone.now()
    # A promise that begins with this measurement is not on a replica yet.
    fingerprint = input_fingerprint(project, policy) | {"promise": promise and promise.pk}
    common = {"project": project, "policy": policy.name, "fingerprint": fingerprint}
    in_use = cache(opinions.of_items_in_use)
    panel = cache(lambda: panel_figures(project, opinions))
    disagreement = cache(lambda: disagreement_reports(project, opinions, policy))
    kinds: dict[str, Callable[[], dict[str, Any]]] = {
        "agreement": lambda: agreement_figures(project, opinions),
        "scores": lambda: score_figures(project, opinions, policy),
        "drift": lambda: drift_figures(project, opinions, policy),
        "shares": lambda: share_figures(project, in_use(), policy),
        "checks": lambda: check_figures(project),
        DISAGREEMENT: lambda: disagreement()[DISAGREEMENT],
        EXAMPLES: lambda: disagreement()[EXAMPLES],
        BIAS: lambda: bias_figures(project, in_use(), policy),
        "jurors": lambda: {"fields": [asdict(field) for field in panel()]},
        "advice": lambda: advice_figures(project, opinions, policy, panel()),
        EVIDENCE: lambda: evidence_figures(project, opinions, policy),
    }
    if questions_of(project):
        kinds["questions"] = lambda: question_figures(project, opinions, policy)
    if has_sample(project):
        kinds["sample"] = lambda: sample_figures(project, opinions, policy)
    if promise:
        kinds[AUDIT] = lambda: audit_figures(project, opinions, policy, promise)
    reports = []
    for kind, compute in kinds.items():
        started = time.monotonic()
        content = compute()
        seconds = round(time.monotonic() - started, 3)
        reports.append(Report(kind=kind, content=content, computed_at=now, seconds=seconds, **common))
    return reports


def record_broken(reports: list[Report]) -> None:
    """Record the first time that labels are shown to be worse than promised. Once broken, a promise stays so."""
    for report in reports:
        if report.kind == AUDIT:
            broken = [each["field"] for each in report.content["fields"] if each["standing"] == Standing.BROKEN]
            if broken:
                kept = WatchedPromise.objects.filter(pk=report.content["promise"], broken_at=None)
                kept.update(broken_at=report.computed_at, broken_fields=broken)


@transaction.atomic
def watch_promise(
    *, project: Project, by: User | None, error: float, risk: float, score_by: ScoreBy = ScoreBy.SHARE
) -> WatchedPromise:
    """
    Have the promise watched that the last measurement allows; it takes the place of any before.

    :param error: the share of labels that may differ from people's, 0.001 to 0.5
    :param risk: the probability of a false alarm, likewise
    :raises Invalid: if either is another number
    :param score_by: what its thresholds are of
    :raises Refused: if nothing can be promised at these
    """
    check_share("error", error)
    check_share("risk", risk)
    report = latest_reports(project).get(EVIDENCE)
    terms: dict[str, Any] = {"error": error, "risk": risk, "score_by": score_by}
    fields = promise_figures(report.content, **terms)["fields"] if report else []
    thresholds = {
        each["field"]: [each["threshold"]["agreeing"], each["threshold"]["counted"]]
        for each in fields
        if each["threshold"]
    }
    if not thresholds:
        raise Refused(NOTHING_TO_PROMISE)
    promise = WatchedPromise(thresholds=thresholds, shares=len(fields), **terms)
    return begin_watching(project, promise, by=by)


def measure_if_changed(*, project: Project) -> bool:
    """
    Measure a project whose input has changed, unless it was measured recently.

    :return: whether it was measured
    """
    policy = policy_of(project)
    reports = list(Report.objects.filter(project=project, policy=policy.name))
    if reports:
        duration = timedelta(seconds=sum(report.seconds for report in reports))
        measured_at = max(report.computed_at for report in reports)
        if timezone.now() < measured_at + max(MIN_REST, REST_FACTOR * duration):
            return False
        fingerprint = input_fingerprint(project, policy)
        if all(report.fingerprint == fingerprint for report in reports):
            return False
    try:
        measure_project(project=project)
    except BeingMeasured:
        return False
    return True


def request_measurement(*, project: Project) -> None:
    """Record that a worker has been asked to measure a project, so that pages know what they wait for."""
    request = {"requested_at": timezone.now(), "ended_at": None, "error": ""}
    Measurement.objects.update_or_create(project=project, defaults=request)


def end_measurement(*, project: Project, error: Exception | None = None) -> None:
    """Record that a measurement has ended, with the reason if it failed."""
    outcome = {"ended_at": timezone.now(), "error": reason_of(error) if error else ""}
    Measurement.objects.update_or_create(project=project, defaults=outcome)


def reason_of(error: Exception) -> str:
    """Return why a measurement failed, in a sentence without any traceback."""
    if isinstance(error, Refused):
        return str(error)
    if isinstance(error, DatabaseError):
        return f"The database refused: {str(error).strip().partition(chr(10))[0]}."
    if isinstance(error, MemoryError):
        return "The worker ran out of memory."
    return f"The worker met a fault ({type(error).__name__}); its log says more."
