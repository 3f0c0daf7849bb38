"""What runs, trials and batches make of odd replies: outcomes, money, and when a juror's part of a run stops."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from jury import actions, queries
from jury.models import Ballot, Juror, Run, Shard
from tests.jury.factories import add_jurors, project_with_items, run_shards
from tests.jury.scripted import completion, scripted_endpoint

VERDICT = '{"prompt_label": "safe", "response_label": "safe", "categories": [], "other_text": "", "rationale": "%s"}'
POISONS = {
    "half a character in the rationale": completion(VERDICT % "cut \\ud83d"),
    "NUL in the rationale": completion(VERDICT % "\\u0000"),
    "half a character in the content": completion("a \ud800 b"),
    "NUL in the content": completion("\0"),
    "NUL in the finish reason": completion(finish_reason="\0"),
    "half a character in the refusal": completion("", message={"content": None, "refusal": "no \ud83d"}),
    "huge count": completion(usage=(10**30, 1)),
    "count of a column and more": completion(usage=(3_000_000_000, 3_000_000_000)),
    "infinite count": json.dumps(completion()).replace("100", "1e400").encode(),
    "no number": json.dumps(completion()).replace("100", "NaN").encode(),
    "negative count": completion(usage=(100, -35)),
    "bytes that are no characters": json.dumps(completion("\x7f")).encode().replace(b"\\u007f", b"\xed\xa0\xbd\xff"),
    "nested deeply": b"[" * 100_000,
    "long finish reason": completion(finish_reason="x" * 5000),
    "an error": {"error": {"message": "bad \ud83d\0 thing", "code": 400, "type": "x\ud83d"}},
    "nothing": b"",
}

EXPECTED = {
    "half a character in the rationale": "cast",
    "half a character in the content": "unreadable",
    "half a character in the refusal": "abstained",
    "huge count": "cast",
    "negative count": "cast",
    "nested deeply": "failed",
    "long finish reason": "cast",
    "an error": "failed",
    "nothing": "failed",
}


def begin(project, **options):
    return actions.start_run(project=project, jurors=queries.panel(project), **options)


@pytest.mark.parametrize("transport", ["live", "batch"])
def test_poisoned_reply_breaks_nothing_wherever_it_is(tmp_path, transport):
    poisons = list(POISONS.values())
    project = project_with_items(tmp_path, 2 * len(poisons))
    for turn in range(2):  # every second position in one run, the others in the next

        def answer(_request, number, turn=turn):
            return 200, poisons[number // 2] if number % 2 == turn else completion()

        with scripted_endpoint(answer) as (_, url):
            Juror.objects.filter(project=project).update(in_panel=False)
            add_jurors(project, url, f"m{turn}", transport=transport, price_in=1, price_out=1, concurrency=1)
            run = begin(project, uses_cache=False)
            run_shards(run)
            run_shards(run)
        ballots = list(Ballot.objects.filter(run=run).order_by("item_id"))
        run.refresh_from_db()
        assert (len(ballots), run.state, queries.shard_errors(run)) == (2 * len(poisons), "finished", [])
        assert run.cost_usd == sum(ballot.cost_usd for ballot in ballots) > 0
        assert {ballot.outcome for ballot in ballots[1 - turn :: 2]} == {"cast"}
        outcomes = dict(zip(POISONS, (ballot.outcome for ballot in ballots[turn::2]), strict=True))
        assert {name: outcomes[name] for name in EXPECTED} == EXPECTED


NO_ACCESS = [
    (401, {"error": {"message": "Incorrect API key \ud83d provided"}}, "Incorrect API key � provided"),
    (402, {"error": "Insufficient Balance"}, "Insufficient Balance"),
    (403, {"detail": "Forbidden for this key"}, "Forbidden for this key"),
    (404, {"message": "no such model"}, "no such model"),
    (429, {"error": {"message": "You exceeded your quota.", "code": "insufficient_quota"}}, "You exceeded your quota."),
    (200, {"error": {"message": "No credit left", "code": 402}}, "No credit left"),
]


def test_juror_without_access_stops_after_a_call_with_the_providers_words(tmp_path, settings):
    settings.JURY_SHARD_ITEMS = 4
    project = project_with_items(tmp_path, 12)
    for number, (status, body, words) in enumerate(NO_ACCESS):
        with scripted_endpoint(lambda *_, reply=(status, body): reply) as (endpoint, url):
            Juror.objects.filter(project=project).update(in_panel=False)
            add_jurors(project, url, f"m{number}", concurrency=8, price_in=1)
            run = begin(project, budget_usd=1)
            run_shards(run)
            trial = actions.try_juror(project=project, juror=Juror.objects.get(project=project, name=f"m{number}"))
            assert len(endpoint.calls) == 2, body
        run.refresh_from_db()
        assert (run.state, run.cost_usd, run.calls) == ("broken", 0, 1), body
        assert not Ballot.objects.filter(run=run).exists()
        assert all(error.endswith(words) for error in queries.shard_errors(run)), queries.shard_errors(run)
        assert set(Shard.objects.filter(run=run).values_list("state", flat=True)) == {"broken"}
        assert (trial.answer.outcome, trial.answer.reason) == ("failed", queries.shard_errors(run)[0])


def test_spent_credit_stops_a_juror_amid_its_items_and_no_other(tmp_path, settings):
    settings.JURY_SHARD_ITEMS = 3
    project = project_with_items(tmp_path, 9)

    def answer(request, _number):
        spent = len([call for call in endpoint.calls if call["model"] == "poor"]) > 4
        no_credit = {"error": {"message": "No credit", "type": "insufficient_quota"}}
        return (429, no_credit) if request["model"] == "poor" and spent else (200, completion())

    with scripted_endpoint(answer) as (endpoint, url):
        add_jurors(project, url, "poor", "rich", concurrency=1)
        run = begin(project)
        run_shards(run)
    cast = Ballot.objects.filter(run=run)
    assert (cast.filter(juror__name="poor").count(), cast.filter(juror__name="rich").count()) == (4, 9)
    assert {ballot.outcome for ballot in cast} == {"cast"}
    assert Run.objects.get(pk=run.pk).state == "broken"
    assert set(queries.shard_errors(run)) == {"the endpoint answered 429: No credit"}
    assert len([call for call in endpoint.calls if call["model"] == "poor"]) == 5


def test_error_with_a_good_status_is_retried_and_paid_by_its_code(tmp_path):
    project = project_with_items(tmp_path, 1)
    errors = [
        ({"error": {"code": 429, "message": "slow down"}}, 0),
        ({"error": {"code": 500, "message": "oops"}}, 0),
        ({"choices": [{"finish_reason": "error", "error": {"code": 502}, "message": {"content": ""}}]}, 1),
    ]
    for number, (error, lost) in enumerate(errors):
        with scripted_endpoint(lambda _, at, error=error: (200, completion() if at else error)) as (endpoint, url):
            Juror.objects.filter(project=project).update(in_panel=False)
            add_jurors(project, url, f"m{number}", price_out=1000, max_tokens=100, concurrency=1)
            run = begin(project, uses_cache=False, budget_usd=1000)
            run_shards(run)
            assert len(endpoint.calls) == 2
        [ballot] = Ballot.objects.filter(run=run)
        run.refresh_from_db()
        assert (ballot.outcome, float(run.cost_usd)) == ("cast", pytest.approx(0.01 + 0.1 * lost)), error


def test_cancelled_run_lets_go_of_calls_under_way(tmp_path):
    project = project_with_items(tmp_path, 5)
    called, finish = Event(), Event()

    def answer(_request, number):
        if number:
            called.set()
            finish.wait(timeout=60)
        return 200, completion()

    with scripted_endpoint(answer) as (endpoint, url), ThreadPoolExecutor(max_workers=1) as aside:
        add_jurors(project, url, "slow", concurrency=2, timeout=600, price_out=1)
        run = begin(project, budget_usd=1)
        asking = aside.submit(run_shards, run)
        assert called.wait(timeout=30)
        actions.cancel_run(run=run)
        asking.result(timeout=30)
        finish.set()
    run.refresh_from_db()
    price = Juror.objects.get(project=project).max_tokens / 1_000_000
    unanswered = len(endpoint.calls) - 1
    assert (Ballot.objects.filter(run=run).count(), run.calls) == (1, 1 + unanswered)
    assert float(run.cost_usd) == pytest.approx(10 / 1_000_000 + unanswered * price)
    assert (queries.claimed_shard_count(run), queries.reserved_of(run)) == (0, (0, 0))
