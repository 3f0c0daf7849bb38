"""Files of batches as no endpoint should send them, and files that are too large to send."""

import gzip
import json

import pytest

from jury import actions, queries
from jury.engine.batch_endpoint import sent_batch
from jury.engine.batch_runner import read_name
from jury.models import Ballot, Batch, Juror, Run
from tests.jury.factories import add_jurors, project_with_items, run_shards
from tests.jury.scripted import completion, scripted_endpoint


def begin(project, url, name="m", **options):
    """Start a run of one juror that asks in batches, where each item may cost a dollar."""
    Juror.objects.filter(project=project).update(in_panel=False)
    add_jurors(project, url, name, transport="batch", price_in=0, price_out=1000, max_tokens=250)
    return actions.start_run(project=project, jurors=queries.panel(project), uses_cache=False, **options)


def collected(run):
    """Send and collect the batches of a run; return its outcomes by item, its state, its cost and its errors."""
    for _ in range(3):
        run_shards(run)
    outcomes = Ballot.objects.filter(run=run).order_by("item_id").values_list("outcome", flat=True)
    run.refresh_from_db()
    return list(outcomes), run.state, float(run.cost_usd), queries.shard_errors(run)


def test_broken_lines_cost_no_other(tmp_path, settings):
    settings.JURY_REPLY_BYTES = 5_000
    project = project_with_items(tmp_path, 6)

    def results(lines):
        one, two, three, four, five, _ = (endpoint.line(line, 200, completion()) for line in lines)
        denied = endpoint.line(lines[0], 400, {"error": {"message": "no"}})
        odd = json.dumps({"custom_id": "9" * 5000 + "-", "response": None})
        big_seed = json.dumps({"custom_id": lines[5]["custom_id"].split("-")[0] + "-9999999999", "response": None})
        return b"\r\n".join([
            b"", b"\0\0", b"{", b"[" * 4000, odd.encode(), big_seed.encode(), one.replace(b"cast", b"c\xff\xfe"),
            denied, one, one.replace(b'"custom_id": "', b'"custom_id": "77'), two.replace(b"stop", b"\\ud83d\\u0000"),
            b'{"custom_id": "' + b"x" * 20_000, b"y" * 5_000, three, four.replace(b": 100", b": -1e400"), five,
            five[:-1] + b" " * 20_000 + b"}",
        ])  # fmt: skip

    with scripted_endpoint(None, results) as (endpoint, url):
        outcomes, state, cost, errors = collected(begin(project, url, budget_usd=10))
    assert outcomes == ["cast"] * 5 + ["failed"]
    assert (state, errors) == ("finished", [])
    assert cost == pytest.approx(4 * 0.01 + 1)  # of one, the tokens cannot be true, so it cost what was reserved


def test_file_that_cannot_be_read_is_charged_and_breaks_its_part(tmp_path, settings):
    project = project_with_items(tmp_path, 3)
    settings.JURY_BATCH_BYTES = 50_000
    files = {
        "is compressed, which was not asked for": lambda _: gzip.compress(b"{}"),
        "it has more than 50,000 bytes": lambda _: b"\n" * 60_000,
    }
    for number, (words, results) in enumerate(files.items()):
        with scripted_endpoint(None, results) as (_, url):
            for budget in ({"budget_usd": 10}, {}):
                run = begin(project, url, f"m{number}{len(budget)}", **budget)
                outcomes, state, cost, [error] = collected(run)
                assert (outcomes, state, cost) == ([], "broken", 3.0)
                assert words in error
                assert queries.reserved_of(run) == (0, 0)


def test_file_that_is_too_large_to_send_is_not_sent(tmp_path, settings):
    settings.JURY_BATCH_BYTES = 2_000
    project = project_with_items(tmp_path, 3)
    with scripted_endpoint(None) as (endpoint, url):
        run = begin(project, url, budget_usd=10)
        outcomes, state, cost, [error] = collected(run)
    assert (outcomes, state, cost, endpoint.batch) == ([], "broken", 0, None)
    assert error == "a batch has more than 2,000 bytes (JURY_BATCH_BYTES): lower JURY_BATCH_ITEMS"


def test_juror_without_access_sends_one_batch(tmp_path, settings):
    settings.JURY_BATCH_ITEMS = 2
    project = project_with_items(tmp_path, 6)
    no_credit = {"error": {"message": "No credit", "code": "insufficient_quota"}}
    with scripted_endpoint(lambda *_: (429, no_credit)) as (endpoint, url):
        run = begin(project, url)
        outcomes, state, _, errors = collected(run)
        assert (outcomes, state, len(endpoint.calls)) == (["failed", "failed"], "broken", 2)
        assert set(errors) == {"the endpoint answered 429 in a batch: No credit"}
        endpoint.reply = lambda *_: (401, {"error": "no such key"})
        again = begin(project, url, "other")
        assert collected(again)[3] == ["the endpoint answered 401: no such key"]
    assert not Batch.objects.filter(shard__run=again).exclude(state=Batch.State.REFUSED).exists()
    assert Run.objects.get(pk=again.pk).cost_usd == 0


def test_odd_batch_is_read_as_far_as_it_can_be():
    good = {"id": "b", "status": "completed"}
    odd = {
        "request_counts": {"total": 10**30, "completed": -1, "failed": "x"},
        "errors": {"data": [{"message": "a\ud83d\0"}, 7, {"message": "b"}]},
        "output_file_id": 7, "error_file_id": "f", "metadata": [],
    }  # fmt: skip
    sent = sent_batch(good | odd)
    assert (sent.asked, sent.answered, sent.files, sent.problem) == (2**31 - 1, 0, ("f",), "a��; b")
    for field in odd:
        for value in (None, 7, "x", [], {}, [7], {"data": 7}):
            assert sent_batch(good | {field: value}).id == "b"
    for broken in (None, [], 7, "x", {}, {"id": ""}, {"id": 7}, {"id": "x" * 201}):
        with pytest.raises(ValueError, match="not a batch"):
            sent_batch(broken)


def test_name_of_a_request_is_one_of_ours():
    names = {"7-": (7, None), "7-5": (7, 5), f"7-{2**31 - 1}": (7, 2**31 - 1)}
    for name, read in names.items():
        assert read_name(name) == read
    for name in ("", "-", "7", "a-", "7-a", "٧-", "9" * 5000 + "-", f"7-{2**31}", "7-5-", "\ud83d-", "7-5\n", "-7-5"):
        assert read_name(name) == (None, None)
