"""Runs of the jury through real workers, against a stub of an endpoint."""

from types import SimpleNamespace

import pytest

from corpus.errors import Refused
from jury.actions import start_run
from jury.actions.checks import check_can_reach
from jury.engine.model_client import ModelClient
from jury.models import Ballot, Juror, Run, Shard
from jury.queries import panel
from jury.tasks import run_shard
from tests.conftest import stub_server
from tests.factories import command, make_project
from tests.jury.factories import add_jurors, counted, project_with_items, run_shards

pytestmark = pytest.mark.slow


def calls(url):
    return counted(url)["calls"]


def test_every_juror_answers_every_item_once(tmp_path, stub_url, worker):
    project = project_with_items(tmp_path, 60)
    add_jurors(project, stub_url, "stub-0.9", "stub-0.8")

    first = command("convene_jury", project=project.slug, wait=True)
    before = calls(stub_url)
    again = command("convene_jury", project=project.slug, wait=True)

    assert (first.code, first["items"], first["cast"], first["failed"]) == (0, 60, 120, 0)
    assert (again["items"], again["cast"], calls(stub_url)) == (0, 0, before)
    assert Ballot.objects.filter(juror__project=project, is_current=True).count() == 120


def test_limit_asks_the_first_items_and_the_next_run_the_rest(tmp_path, stub_url, worker):
    project = project_with_items(tmp_path, 25)
    add_jurors(project, stub_url, "stub-0.9", "stub-0.8")

    assert command("convene_jury", project=project.slug, wait=True, limit=10)["items"] == 10
    done = Ballot.objects.filter(juror__project=project).order_by("item").values_list("item__external_id", flat=True)
    assert sorted(set(done)) == [f"i{n:03}" for n in range(10)]
    assert command("convene_jury", project=project.slug, wait=True)["items"] == 15


def test_message_about_a_shard_that_is_done_or_gone_does_nothing(tmp_path, stub_url):
    project = project_with_items(tmp_path, 2)
    add_jurors(project, stub_url, "stub-0.9")
    run = start_run(project=project, jurors=panel(project))
    run_shards(run)
    before = calls(stub_url)
    run_shards(run)
    run_shard(shard_id=Shard.objects.latest("pk").pk + 1)
    run.refresh_from_db()
    assert (run.state, calls(stub_url), Ballot.objects.filter(run=run).count()) == (Run.State.FINISHED, before, 2)


def test_answer_slower_than_writes_is_kept(tmp_path, worker):
    project = project_with_items(tmp_path, 1)
    with stub_server(delay=1.3) as url:
        add_jurors(project, url, "stub-0.9", concurrency=1)
        done = command("convene_jury", project=project.slug, wait=True)

    assert done["cast"] == 1


@pytest.mark.parametrize(
    ("way", "outcome", "reason"),
    [
        ("prose", "unreadable", "not one JSON object"),
        ("badjson", "unreadable", "not one JSON object"),
        ("unknown", "unreadable", "is not one of"),
        ("length", "unreadable", "cut off"),
        ("refusal", "abstained", "I will not judge this."),
        ("filter", "abstained", "filtered by the endpoint"),
        ("teapot", "failed", "answered 418"),
    ],
)
def test_wrong_answer_has_its_outcome_and_reason(tmp_path, stub_url, worker, way, outcome, reason):
    project = project_with_items(tmp_path, 24)
    add_jurors(project, stub_url, f"stub-0.9:{way}")

    done = command("convene_jury", project=project.slug, wait=True)

    assert done[outcome] > 0
    assert done["cast"] + done[outcome] == 24
    wrong = Ballot.objects.filter(juror__project=project, outcome=outcome)
    assert all(reason in ballot.reason for ballot in wrong)
    assert not wrong.exclude(prompt_label=None).exists()


def test_failed_is_asked_again_and_unreadable_on_request(tmp_path, stub_url, worker):
    project = project_with_items(tmp_path, 24)
    add_jurors(project, stub_url, "stub-0.9:prose", "stub-0.9:teapot")
    first = command("convene_jury", project=project.slug, wait=True)

    failed_again = command("convene_jury", project=project.slug, wait=True)
    assert failed_again["failed"] == first["failed"] > 0
    assert failed_again["unreadable"] == 0

    again = command("convene_jury", project=project.slug, wait=True, retry=["unreadable"])
    assert again["unreadable"] == first["unreadable"] > 0
    assert Ballot.objects.filter(juror__project=project, is_current=True).count() == 48


def test_racing_shards_keep_the_budget_in_money(tmp_path, worker):
    project = project_with_items(tmp_path, 24)
    with stub_server(delay=0.1) as url:
        jurors = [f"stub-0.{accuracy}:metered" for accuracy in (7, 8, 9)]
        add_jurors(project, url, *jurors, concurrency=8, price_in="1000", price_out="0")
        stopped = command("convene_jury", project=project.slug, wait=True, budget="36")
        rest = command("convene_jury", project=project.slug, wait=True)

    run = Run.objects.get(pk=stopped["run"])
    each = stopped["cost_usd"] / stopped["cast"]
    assert (run.state, run.calls) == (Run.State.OVER_BUDGET, stopped["cast"])
    # A call is reserved at a token for three characters, and the stub counts one for four.
    assert 36 - 2 * each < stopped["cost_usd"] <= 36
    assert set(run.shards.values_list("reserved_usd", "reserved_calls")) == {(0, 0)}
    assert stopped["cast"] + rest["cast"] == 72


def test_racing_shards_keep_the_budget_in_calls(tmp_path, worker):
    project = project_with_items(tmp_path, 40)
    with stub_server(delay=0.1) as url:
        add_jurors(project, url, "stub-0.7", "stub-0.8", "stub-0.9", concurrency=8)
        stopped = command("convene_jury", project=project.slug, wait=True, max_calls=31)
        assert calls(url) == 31

    assert stopped["cast"] == 31
    assert Run.objects.get(pk=stopped["run"]).state == Run.State.OVER_BUDGET


def test_sufficient_budget_changes_nothing(tmp_path, worker):
    project = project_with_items(tmp_path, 20)
    with stub_server() as url:
        add_jurors(project, url, "stub-0.8", "stub-0.9", concurrency=8, price_in="1", price_out="1")
        done = command("convene_jury", project=project.slug, wait=True, budget="5", max_calls=40)

    run = Run.objects.get(pk=done["run"])
    assert (done["cast"], run.state, run.calls) == (40, Run.State.FINISHED, 40)


def test_cut_off_answer_without_room_for_more_is_charged(tmp_path, worker):
    project = project_with_items(tmp_path, 8)
    with stub_server() as url:
        add_jurors(project, url, "stub-0.9:length", concurrency=1, price_in="0", price_out="1000", max_tokens=10)
        stopped = command("convene_jury", project=project.slug, wait=True, max_calls=8)

    failed = Ballot.objects.filter(juror__project=project, outcome="failed")
    assert stopped["cast"] + stopped["unreadable"] + stopped["failed"] <= 8
    assert all(ballot.cost_usd > 0 for ballot in failed)
    assert all("the budget has no room" in ballot.reason for ballot in failed)


def test_budget_of_zero_asks_nothing(tmp_path, stub_url, worker):
    project = project_with_items(tmp_path, 5)
    add_jurors(project, stub_url, "stub-0.9")
    before = calls(stub_url)

    assert command("convene_jury", project=project.slug, wait=True, budget="0")["cast"] == 0
    assert calls(stub_url) == before


def test_rate_holds_for_all_workers_together(tmp_path, stub_url, worker):
    project = project_with_items(tmp_path, 20)
    add_jurors(project, stub_url, "stub-0.9", rpm=600)

    done = command("convene_jury", project=project.slug, wait=True)

    assert done["cast"] == 20
    assert done["seconds"] >= 19 * 0.1


def test_response_jurors_skip_items_without_response(tmp_path, stub_url, worker):
    project = project_with_items(tmp_path, 30)
    add_jurors(project, stub_url, "stub-0.9", asks="response_label")

    assert command("convene_jury", project=project.slug, wait=True)["cast"] == 20
    assert not Ballot.objects.filter(juror__project=project).exclude(prompt_label=None).exists()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"base_url": "ftp://example.org"}, "not the address of an endpoint"),
        ({"prompt": "nowhere"}, "There is no prompt"),
        ({"api_key_env": "sk-123"}, "not the key itself"),
        ({"concurrency": 0}, "concurrency"),
        ({"price_in": -1}, "price_in"),
    ],
)
def test_invalid_juror_is_refused(stub_url, options, reason):
    project = make_project()
    made = command("add_juror", "x", project=project.slug, **{"model": "stub-0.9", "base_url": stub_url} | options)

    assert made.code == 2
    assert reason in made.stderr
    assert not Juror.objects.filter(project=project).exists()


def test_missing_key_is_named_before_the_run(tmp_path, stub_url, worker):
    project = project_with_items(tmp_path, 1)
    add_jurors(project, stub_url, "stub-0.9", api_key_env="JUROR_KEY_NO_SUCH")

    refused = command("convene_jury", project=project.slug, wait=True)

    assert refused.code == 2
    assert "JUROR_KEY_NO_SUCH" in refused.stderr


def test_key_may_be_in_a_file(tmp_path, monkeypatch):
    juror = Juror(name="keyed", base_url="http://127.0.0.1:1/v1", api_key_env="JUROR_KEY_FILED")
    monkeypatch.setenv("JUROR_KEY_FILED_FILE", str(tmp_path / "key"))
    with pytest.raises(Refused, match="JUROR_KEY_FILED_FILE cannot be read"):
        check_can_reach(juror)
    (tmp_path / "key").write_text("k-1\n")
    check_can_reach(juror)
    assert ModelClient.key.fget(SimpleNamespace(juror=juror)) == "k-1"
