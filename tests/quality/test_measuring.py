"""Measurement of a project: when it happens, one at a time, from one snapshot."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.db.models import F

from adjudication.policies import policy_of
from annotation.models import Annotator
from config.embedded.processes import wait_until
from corpus.models import Project
from quality import actions, tasks
from quality.models import Report
from quality.queries.freshness import freshness_of, input_fingerprint, latest_reports
from quality.queries.progress import Progress, Stage, progress_of
from tests.annotation.people import Visitor
from tests.factories import command, import_votes, make_project, opinion
from tests.locks import is_waited_for
from tests.quality.opinions import mixed_project, small_project
from workspace.actions import anonymise_user

KINDS = {
    "agreement",
    "scores",
    "drift",
    "shares",
    "checks",
    "disagreement",
    "examples",
    "bias",
    "jurors",
    "advice",
    "certified",
}


def agreement_report(project: Project) -> Report:
    return Report.objects.get(project=project, kind="agreement", policy=project.policy)


def progress(project: Project) -> Progress:
    return progress_of(project, freshness_of(project, latest_reports(project)))


def end_rest(project: Project) -> None:
    Report.objects.filter(project=project).update(computed_at=F("computed_at") - timedelta(hours=1))


def test_measurement_makes_one_report_per_kind(tmp_path: Path) -> None:
    project = small_project(tmp_path)
    assert set(actions.measure_project(project=project)) == KINDS
    assert set(actions.measure_project(project=project)) == KINDS
    assert set(latest_reports(project)) == KINDS
    assert Report.objects.filter(project=project).count() == len(KINDS)


def test_empty_project_can_be_measured() -> None:
    project = make_project()
    assert command("measure", project=project.slug).code == 0
    kinds = agreement_report(project).content["fields"][0]["kinds"]
    assert kinds["all"]["alpha"] == {"value": None, "low": None, "high": None, "reason": "no item has two opinions"}


def test_unchanged_project_is_not_measured_again(tmp_path: Path) -> None:
    project = small_project(tmp_path)
    assert actions.measure_if_changed(project=project)
    first = agreement_report(project).computed_at
    end_rest(project)
    assert not actions.measure_if_changed(project=project)
    import_votes(project, tmp_path, [opinion("s1", "cleo")])
    assert actions.measure_if_changed(project=project)
    assert agreement_report(project).computed_at > first


def test_changed_project_rests_after_a_measurement_unless_asked(tmp_path: Path) -> None:
    project = small_project(tmp_path)
    assert actions.measure_if_changed(project=project)
    import_votes(project, tmp_path, [opinion("s2", "cleo")])
    assert not actions.measure_if_changed(project=project)
    tasks.measure_now(project.pk)
    assert agreement_report(project).content["fields"][0]["kinds"]["all"]["opinions"] == 5


def test_gold_changes_the_fingerprint(tmp_path: Path) -> None:
    project = small_project(tmp_path)
    actions.measure_project(project=project)
    before = input_fingerprint(project, policy_of(project))
    assert freshness_of(project, latest_reports(project)).is_current
    Visitor(project, "lead").post("queue/gold/", external_id="s1", prompt_label="safe")
    assert input_fingerprint(project, policy_of(project)) != before
    assert not freshness_of(project, latest_reports(project)).is_current


def test_project_without_reports_is_not_fresh() -> None:
    project = make_project()
    freshness = freshness_of(project, latest_reports(project))
    assert (freshness.as_of, freshness.seconds, freshness.is_current) == (None, 0, False)


def test_second_measurement_is_refused_while_the_first_runs(tmp_path: Path) -> None:
    project = small_project(tmp_path)
    other = connection.copy()
    other.set_autocommit(False)
    try:
        with other.cursor() as cursor:
            cursor.execute(actions.TRY_LOCK, {"project": project.pk})
            assert progress(project).stage == Stage.RUNNING
            assert "already" in command("measure", project=project.slug).stderr
            assert not actions.measure_if_changed(project=project)
            tasks.measure_now(project.pk)
            assert not Report.objects.filter(project=project).exists()
    finally:
        other.rollback()  # by itself the server frees the lock only when it has noticed that the connection is closed
        other.close()
    assert command("measure", project=project.slug).code == 0
    assert not freshness_of(project, {}).is_being_measured


def test_concurrent_measurements_leave_one_whole_set_of_reports(tmp_path: Path) -> None:
    project = mixed_project(tmp_path, items=30)

    def measure() -> actions.BeingMeasured | None:
        try:
            actions.measure_project(project=Project.objects.get(pk=project.pk))
        except actions.BeingMeasured as refusal:
            return refusal
        finally:
            connection.close()
        return None

    with ThreadPoolExecutor(max_workers=4) as pool:
        outcomes = [future.result(timeout=60) for future in [pool.submit(measure) for _ in range(8)]]
    assert None in outcomes
    reports = Report.objects.filter(project=project)
    assert len(reports) == len(KINDS)
    assert len({report.computed_at for report in reports}) == 1


def test_measurement_brings_no_name_back_that_was_taken_away_meanwhile(tmp_path: Path) -> None:
    project = mixed_project(tmp_path, items=30)
    user = Visitor(project).user
    assert Annotator.objects.filter(project=project, name="ada").update(user=user, name=user.username) == 1

    def measure() -> None:
        try:
            actions.measure_project(project=Project.objects.get(pk=project.pk))
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as pool, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE quality_report IN SHARE MODE")  # all is computed, and nothing stored
        measured = pool.submit(measure)
        assert wait_until(lambda: measured.done() or is_waited_for(), seconds=60)
        anonymise_user(user=user)
    measured.result(timeout=60)
    reports = [json.dumps(report.content) for report in Report.objects.filter(project=project)]
    assert not any(user.username in report for report in reports)
    actions.measure_project(project=project)
    assert len(latest_reports(project)) == len(KINDS)


FULL_DISK = """
CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.project_id = {project} AND NEW.kind = 'shares' THEN
        RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER disk_is_full BEFORE INSERT ON quality_report FOR EACH ROW EXECUTE FUNCTION disk_is_full();
"""


@pytest.mark.slow  # early, while there are few other projects to measure
def test_full_disk_is_told_leaves_no_figure_and_the_next_measurement_succeeds(tmp_path: Path) -> None:
    project = small_project(tmp_path)
    with connection.cursor() as cursor:
        cursor.execute(FULL_DISK.format(project=project.pk))
    try:
        full = command("measure", project=project.slug)
        tasks.measure_changed()  # goes on with the other projects
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER disk_is_full ON quality_report; DROP FUNCTION disk_is_full")
    assert full.code == 2
    assert "No space left on device" in full.stderr
    assert "Traceback" not in full.stderr
    assert not Report.objects.filter(project=project).exists()
    failed = progress(project)
    assert failed.stage == Stage.FAILED
    assert "No space left on device" in failed.error
    assert command("measure", project=project.slug).code == 0
    assert set(latest_reports(project)) == KINDS
    assert progress(project).stage == Stage.IDLE
