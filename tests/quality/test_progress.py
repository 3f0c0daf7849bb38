"""Waiting for a measurement: it ends with figures, or with the reason why there are none."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.db import DatabaseError

from quality import actions
from quality.models import Measurement
from quality.queries.freshness import Freshness, duration, freshness_of, latest_reports
from quality.queries.progress import Stage, describe_progress, progress_of
from tests.cases import cases
from tests.factories import make_project

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def asked(seconds: float, *, ended: float | None = None, error: str = "") -> Measurement:
    return Measurement(requested_at=ago(seconds), ended_at=None if ended is None else ago(ended), error=error)


def figures(age: float | None = None, took: float = 4.0) -> Freshness:
    return Freshness(None if age is None else ago(age), took, is_current=False, running_seconds=None)


@cases(
    ("last", "fresh", "running", "stage"),
    [
        (None, figures(), None, Stage.IDLE),
        (None, figures(), 0.0, Stage.RUNNING),
        (None, figures(90), 600.0, Stage.RUNNING),
        (None, figures(90), 601.0, Stage.STUCK),
        (None, figures(90, took=100), 1999.0, Stage.RUNNING),  # what usually takes long may
        (None, figures(90, took=100), 2001.0, Stage.STUCK),
        (asked(3), figures(), None, Stage.WAITING),
        (asked(3), figures(90), None, Stage.WAITING),
        (asked(300), figures(900), None, Stage.WAITING),
        (asked(301), figures(900), None, Stage.LOST),
        (asked(301), figures(900), 1.0, Stage.RUNNING),
        (asked(301), figures(60), None, Stage.IDLE),  # measured by the schedule meanwhile
        (asked(30, ended=20), figures(25), None, Stage.IDLE),
        (asked(30, ended=20, error="why"), figures(25), None, Stage.FAILED),
        (asked(30, ended=20, error="why"), figures(), None, Stage.FAILED),
        (asked(30, ended=20, error="why"), figures(10), None, Stage.IDLE),  # and better since
        (Measurement(ended_at=ago(20), error="why"), figures(60), None, Stage.FAILED),  # the schedule failed
    ],
)
def test_stage_follows_from_request_lock_and_figures(last, fresh, running, stage) -> None:
    found = describe_progress(last, replace(fresh, running_seconds=running), now=NOW)
    assert found.stage == stage
    assert found.is_expected == (stage in (Stage.WAITING, Stage.RUNNING))


@cases(("seconds", "is_overdue"), [(9, False), (11, True)])
def test_request_that_waits_asks_for_workers_after_a_while(seconds, is_overdue) -> None:
    assert describe_progress(asked(seconds), figures(), now=NOW).is_overdue == is_overdue


def test_failure_is_kept_until_the_next_request() -> None:
    project = make_project()
    no_reports = freshness_of(project, latest_reports(project))
    actions.request_measurement(project=project)
    assert progress_of(project, no_reports).stage == Stage.WAITING
    actions.end_measurement(project=project, error=ValueError("secret"))
    failed = progress_of(project, no_reports)
    assert (failed.stage, "ValueError" in failed.error, "secret" in failed.error) == (Stage.FAILED, True, False)
    actions.request_measurement(project=project)
    assert progress_of(project, no_reports).stage == Stage.WAITING
    actions.end_measurement(project=project)
    assert progress_of(project, no_reports).stage == Stage.IDLE


@cases(
    ("error", "reason"),
    [
        (actions.BeingMeasured("Wait."), "Wait."),
        (DatabaseError("no space left\nCONTEXT: x"), "The database refused: no space left."),
        (MemoryError(), "The worker ran out of memory."),
        (KeyError("x"), "The worker met a fault (KeyError); its log says more."),
    ],
)
def test_reason_of_a_failure_is_a_sentence(error, reason) -> None:
    assert actions.reason_of(error) == reason


@cases(
    ("seconds", "words"),
    [(0.2, "1 s"), (119, "119 s"), (120, "2 min"), (7199, "120 min"), (7200, "2 h"), (90_000, "25 h")],
)
def test_duration_has_a_unit(seconds, words) -> None:
    assert duration(seconds) == words
