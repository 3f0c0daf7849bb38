"""How far a run is, in words; why one has no new answers; costs and percentages as the pages round them."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from jury import actions, queries
from jury.models import Ballot, Juror, Run, Shard
from jury.queries import Stall
from jury.templatetags.jury_figures import dollars, percent
from jury.views.progress import time_left
from tests.jury.factories import add_jurors, project_with_items
from tests.jury.test_queries import cast, items_of


def test_time_left_is_told_in_units_that_fit():
    told = {None: "", 0.4: "less than a minute", 1: "about 1 minute", 90: "about 90 minutes", 125: "about 2 hours",
            48 * 60: "about 48 hours", 6 * 24 * 60: "about 6 days", 2e7: "about 13,889 days"}  # fmt: skip
    for minutes, words in told.items():
        assert time_left(minutes) == (f"{words} left" if words else ""), minutes


def test_costs_and_percentages_are_rounded_to_what_they_mean():
    costs = {None: "0", Decimal(0): "0", Decimal("1234.5678"): "1,234.57", Decimal("0.12345"): "0.12",
             Decimal("0.5"): "0.5", Decimal("0.0000123"): "0.000012", 0.07: "0.07", Decimal("0.999"): "1"}  # fmt: skip
    assert {cost: dollars(cost) for cost in costs} == costs
    shares = {None: "–", 0: "0 %", 0.4: "< 1 %", 33.4: "33 %", 99.6: "> 99 %", 100: "100 %"}
    assert {share: percent(share).replace("\N{NO-BREAK SPACE}", " ") for share in shares} == shares


def test_run_without_answers_says_why():
    running = {"claimed": 1, "has_worker": True, "minutes": 0.5, "call_minutes": 1}
    for changes, stall in (
        ({}, Stall.NONE),
        ({"claimed": 0}, Stall.NONE),
        ({"claimed": 0, "minutes": 1}, Stall.QUEUED),
        ({"claimed": 0, "has_worker": False}, Stall.NO_WORKER),
        ({"minutes": 4.9}, Stall.NONE),
        ({"minutes": 5}, Stall.NO_ANSWERS),
        ({"minutes": 5, "call_minutes": 10}, Stall.NONE),  # a slow model is not stalled
        ({"minutes": 20, "call_minutes": 10}, Stall.NO_ANSWERS),
        ({"minutes": 600, "claimed": 0, "has_batches": True}, Stall.NONE),
        ({"minutes": 600, "claimed": 0, "has_batches": True, "has_worker": False}, Stall.NO_WORKER),
    ):
        assert queries.why_stalled(**(running | changes)) == stall, changes


def test_run_is_stalled_by_the_time_since_its_last_answer_or_its_resumption(tmp_path):
    project = project_with_items(tmp_path, 3)
    add_jurors(project, "http://127.0.0.1:1/v1", "one")
    run = actions.start_run(project=project, jurors=queries.panel(project))
    Shard.objects.filter(run=run).update(seen_at=timezone.now(), holder="a worker")
    assert (queries.answers_last_minute(run), queries.stall_of(run, 0)) == (0, Stall.NONE)
    hour = timezone.now() - timedelta(hours=1)
    Run.objects.filter(pk=run.pk).update(started_at=hour)
    run.refresh_from_db()
    assert (queries.last_progress(run), queries.stall_of(run, 0)) == (hour, Stall.NO_ANSWERS)
    assert queries.stall_of(run, 1) == Stall.NONE

    ballot = cast(items_of(project)[0], Juror.objects.get(project=project), run=run)
    assert (queries.last_progress(run), queries.answers_last_minute(run)) == (ballot.cast_at, 1)
    Ballot.objects.filter(pk=ballot.pk).update(cast_at=hour)
    actions.pause_run(run=run)
    resumed = actions.resume_run(run=run)
    assert queries.stall_of(resumed, 0) == Stall.NONE  # the pause is no stall
    assert queries.minutes_left(queries.run_progress(run), 4) == 0.5
    assert queries.minutes_left(queries.run_progress(run), 0) is None
