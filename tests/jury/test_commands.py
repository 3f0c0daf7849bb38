"""Arguments of the jury's commands, and the run that a command waits for."""

import subprocess
import sys
from decimal import Decimal

import pytest

from corpus.errors import Refused
from jury.commands import (
    MAX_IDLE_SECONDS,
    REQUEUE_SECONDS,
    WatchedRun,
    describe_progress,
    parse_count,
    parse_dollars,
)
from jury.management.commands.add_juror import parse_fields
from jury.management.commands.change_juror import parse_price, parse_rate
from jury.models import Run
from jury.queries import RunProgress
from tests.cases import cases
from tests.factories import command, make_project
from tests.jury.factories import add_jurors, project_with_items


def progress(done, state=Run.State.RUNNING):
    return RunProgress(state, 10, {"cast": done, "abstained": 0, "unreadable": 0, "failed": 1}, Decimal(0))


def test_amounts_and_counts_are_parsed():
    assert (parse_dollars("0.5"), parse_count("3")) == (Decimal("0.5"), 3)
    assert (parse_rate("none"), parse_rate("60"), parse_price("2.5")) == (None, 60, Decimal("2.5"))


@cases("text", ["", "x", "-1", "nan", "inf"])
def test_invalid_amount_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - argparse takes the type, not the text
        parse_dollars(text)


@cases("text", ["0", "-1", "1.5", "x"])
def test_invalid_count_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011
        parse_count(text)


def test_fields_come_in_the_usual_order():
    assert parse_fields("categories, prompt_label") == ["prompt_label", "categories"]
    with pytest.raises(ValueError):  # noqa: PT011
        parse_fields("prompt_label,mood")


def test_progress_names_the_outcomes_there_are():
    assert describe_progress(progress(4)) == "4 cast, 1 failed"
    assert describe_progress(progress(0, Run.State.PAUSED)) == "paused, 1 failed"


def test_run_without_worker_says_what_to_do(tmp_path, stub_url, no_worker):
    project = project_with_items(tmp_path, 1)
    add_jurors(project, stub_url, "stub-0.9")
    refused = command("convene_jury", project=project.slug)

    assert (refused.code, refused) == (2, {})
    assert "make run" in refused.stderr
    assert not Run.objects.filter(project=project).exists()


def test_ended_worker_ends_the_wait():
    run = Run.objects.create(project=make_project())
    with subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"]) as worker:
        worker.wait()
    with pytest.raises(Refused, match=r"The worker ended \(3\)"):
        WatchedRun(run, worker, began_at=0.0).check(progress(1), now=1.0)


def test_idle_time_counts_from_the_last_answer_and_not_while_paused():
    watched = WatchedRun(Run.objects.create(project=make_project()), None, began_at=0.0)
    watched.check(progress(1), now=REQUEUE_SECONDS / 2)
    assert watched.progressed_at == REQUEUE_SECONDS / 2
    watched.check(progress(1), now=REQUEUE_SECONDS - 1)
    assert watched.progressed_at == REQUEUE_SECONDS / 2
    watched.check(progress(1, Run.State.PAUSED), now=MAX_IDLE_SECONDS * 5)
    assert watched.progressed_at == MAX_IDLE_SECONDS * 5


def test_idle_run_is_requeued_once_an_interval():
    run = Run.objects.create(project=make_project())
    watched = WatchedRun(run, None, began_at=0.0)
    watched.check(progress(1), now=REQUEUE_SECONDS + 1)
    assert watched.requeued_at == REQUEUE_SECONDS + 1
    # A run without shards is finished as soon as it is enqueued.
    assert Run.objects.get(pk=run.pk).state == Run.State.FINISHED
