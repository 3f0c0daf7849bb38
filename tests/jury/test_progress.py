"""How far a run is, in words; why one has no new answers; costs and percentages as the pages round them."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from jury import actions, queries
from jury.models import Ballot, Juror, Run, Shard
from jury.queries import Stall
from jury.templatetags.jury_figures import dollars, percent
from jury.views.progress import time_left
from tests.annotation.people import Visitor
from tests.jury.factories import add_jurors, project_with_items
from tests.jury.test_pages import text_of
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


def run_with_outcomes(folder, *outcomes):
    """Make a finished run in which a juror's answers have these outcomes; return it with a lead and the ballots."""
    project = project_with_items(folder, len(outcomes))
    add_jurors(project, "http://127.0.0.1:1/v1", "one")
    juror, run = Juror.objects.get(project=project), Run.objects.create(project=project, state="finished")
    items = items_of(project)
    Shard.objects.create(run=run, juror=juror, items=[item.pk for item in items], state="done")
    reasons = {"failed": "the endpoint answered 503"}
    ballots = [
        cast(item, juror, run=run, outcome=outcome, prompt_label="safe" if outcome == "cast" else None,
             reason=reasons.get(outcome, ""))
        for item, outcome in zip(items, outcomes, strict=True)
    ]  # fmt: skip
    return run, Visitor(project, "lead"), ballots


def test_finished_run_says_how_many_calls_failed():
    told = {(2, 0): "Finished", (27, 3): "Finished, 3 of 30 failed", (0, 2): "Finished: all failed", (0, 0): "Finished"}
    for (casts, failed), words in told.items():
        outcomes = {"cast": casts, "abstained": 0, "unreadable": 0, "failed": failed}
        finished = queries.RunProgress("finished", 30, outcomes, Decimal(0))
        assert (finished.words, finished.all_failed) == (words, words.endswith("all failed"))
    assert queries.RunProgress("cancelled", 30, outcomes | {"failed": 9}, Decimal(0)).words == "Cancelled"


def test_run_whose_calls_failed_says_why_and_what_to_do(tmp_path):
    run, lead, ballots = run_with_outcomes(tmp_path, "failed", "failed", "failed")
    Ballot.objects.filter(pk=ballots[2].pk).update(reason="no answer within 5 s")
    page = lead.get(f"jury/runs/{run.pk}/")
    shown = text_of(page)
    assert 'class="status failed">Finished: all failed</span>' in shown
    assert (page.context["failure"].reason, page.context["failure"].count) == ("the endpoint answered 503", 2)
    assert f'/jury/jurors/{page.context["failure"].juror.pk}/">the page of' in shown
    assert 'class="status failed">Finished: all failed</span>' in text_of(lead.get("jury/runs/"))
    assert f"Run {run.pk}: all calls failed" in text_of(lead.get(""))

    Ballot.objects.filter(pk=ballots[2].pk).update(outcome="abstained", reason="")
    shown = text_of(lead.get(f"jury/runs/{run.pk}/"))
    assert 'class="status decided">Finished, 2 of 3 failed</span>' in shown
    assert "all calls failed" not in text_of(lead.get(""))
    Ballot.objects.filter(run=run).update(outcome="abstained")
    assert lead.get(f"jury/runs/{run.pk}/").context["failure"] is None


def test_counts_of_a_running_run_are_renewed_together(tmp_path):
    run, lead, _ = run_with_outcomes(tmp_path, "cast", "failed", "failed")
    Run.objects.filter(pk=run.pk).update(state="running")
    fragment = lead.client.get(
        f"/projects/{lead.project.slug}/jury/runs/{run.pk}/?outcome=failed", headers={"HX-Request": "true"}
    )
    shown = text_of(fragment)
    for part in ('<tbody id="by-juror" hx-swap-oob="true">', 'id="outcomes" aria-label="Outcome" hx-swap-oob="true">'):
        assert part in shown
    assert 'href="?outcome=failed" aria-current="page"> Failed (2)' in shown
    assert f'jury/runs/{run.pk}/?outcome=failed" hx-trigger' in shown
    [row] = fragment.context["statistics"]
    counts = {name: row.__dict__[name] for name in ("cast", "abstained", "unreadable", "failed")}
    assert counts == fragment.context["progress"].outcomes
    assert "hx-swap-oob" not in text_of(lead.get(f"jury/runs/{run.pk}/"))
