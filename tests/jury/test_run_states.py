"""Runs: the states each may leave and enter, what a new run replaces, retries, limits and the sizes of shards."""

import threading
from datetime import timedelta
from decimal import Decimal
from itertools import chain

import pytest
from django.db import connection, transaction
from django.utils import timezone

from corpus.errors import Refused
from corpus.models import Event, Item, Project
from jury import actions, queries
from jury.actions.checks import check_can_ask, check_can_generate, check_can_reach
from jury.actions.sharding import create_shards_of, first_unanswered, shard_size
from jury.engine.batch_runner import BatchRunner, ClaimLost
from jury.engine.juror_client import JurorClient
from jury.engine.shards import break_shards_of_endpoint, claim_next_shard, claim_shard, finish_shard
from jury.models import Ballot, Batch, GeneratedResponse, Juror, Run, Shard
from jury.tasks import enqueue
from tests.api.client import Program
from tests.cases import cases
from tests.factories import make_project
from tests.jury.factories import add_generator, add_jurors, project_with_items

HERE = "http://127.0.0.1:1/v1"
STATES = Run.State.values
ALLOWED = {
    ("running", "pause"): "paused",
    ("running", "cancel"): "cancelled",
    ("paused", "resume"): "running",
    ("paused", "cancel"): "cancelled",
}
ACTIONS = {"pause": actions.pause_run, "resume": actions.resume_run, "cancel": actions.cancel_run}
VERBS = {"pause": "run.paused", "resume": "run.resumed", "cancel": "run.cancelled"}


@pytest.fixture(scope="module")
def lead():
    """A lead of a project of her own."""
    return Program(make_project(), "lead")


def project_of(program):
    return Project.objects.get(slug=program.slug)


def items_of(project):
    return list(Item.objects.filter(project=project).order_by("pk").values_list("pk", flat=True))


def cast(project, juror, item, outcome="cast", **fields):
    """A stored ballot of a juror on an item."""
    label = "safe" if outcome == "cast" else None
    required = {"prompt": juror.prompt, "taxonomy_id": project.taxonomy_id, "cast_at": timezone.now()}
    values = {"item_id": item, "juror": juror, "outcome": outcome, "prompt_label": label} | required | fields
    return Ballot.objects.create(**values)


def panel_of(project, *names, **options):
    add_jurors(project, HERE, *names, **options)
    return queries.panel(project, names)


def shards_of(run, juror):
    return list(Shard.objects.filter(run=run, juror=juror).order_by("pk").values_list("items", flat=True))


@pytest.mark.parametrize("verb", ACTIONS)
@pytest.mark.parametrize("state", STATES)
def test_run_changes_only_from_the_states_in_the_table(lead, state, verb):
    run = Run.objects.create(project=project_of(lead), state=state, finished_at=None)
    expected = ALLOWED.get((state, verb))
    if expected:
        changed = ACTIONS[verb](run=run)
        stored = Run.objects.get(pk=run.pk)
        assert (changed.state, stored.state) == (expected, expected)
        assert (stored.finished_at is None) is (expected in Run.OPEN)
    else:
        label = Run.State(state).label.lower()
        with pytest.raises(Refused, match=rf"^Run {run.pk} cannot be {VERBS[verb][4:]}\. It is: {label}\.$"):
            ACTIONS[verb](run=run)
        assert Run.objects.get(pk=run.pk).state == state
    assert Event.objects.filter(verb=VERBS[verb], subject=str(run.pk)).count() == bool(expected)


@pytest.mark.parametrize("verb", ["pause", "cancel"])
@pytest.mark.parametrize("state", STATES)
def test_route_answers_409_where_the_table_has_nothing(lead, state, verb):
    run = Run.objects.create(project=project_of(lead), state=state)
    changed = lead.post(f"jury-runs/{run.pk}/{verb}/")
    if expected := ALLOWED.get((state, verb)):
        assert (changed.status_code, changed.json()["state"]) == (200, expected)
    else:
        assert (changed.status_code, changed.json()["error"]["code"]) == (409, "refused")


def test_resumed_run_that_was_finished_once_has_no_end(lead):
    run = Run.objects.create(project=project_of(lead), state="paused", finished_at=timezone.now())
    assert actions.resume_run(run=run).finished_at is None


def test_old_copy_of_a_run_decides_nothing(lead):
    run = Run.objects.create(project=project_of(lead))
    actions.cancel_run(run=Run.objects.get(pk=run.pk))
    assert run.state == "running"
    with pytest.raises(Refused, match="It is: cancelled"):
        actions.pause_run(run=run)


def test_two_people_cannot_both_pause(lead):
    """The second waits for the first transaction, then sees its state."""
    run, outcomes = Run.objects.create(project=project_of(lead)), []

    def pause_too():
        try:
            outcomes.append(actions.pause_run(run=run).state)
        except Refused as refusal:
            outcomes.append(str(refusal))
        finally:
            connection.close()

    second = threading.Thread(target=pause_too)
    with transaction.atomic():
        actions.pause_run(run=run)
        second.start()
        second.join(0.1)
        assert outcomes == []
    second.join(10)
    assert outcomes == [f"Run {run.pk} cannot be paused. It is: paused."]


@cases(("usd", "calls", "has_budget"), [
    (None, None, False),
    (Decimal(0), None, True),
    (None, 0, True),
    (Decimal("0.000001"), None, True),
    (None, 1, True),
    (Decimal(5), 5, True),
])  # fmt: skip
def test_budget_of_zero_is_a_budget(usd, calls, has_budget):
    assert Run(budget_usd=usd, budget_calls=calls).has_budget is has_budget


@cases(("state", "is_replaced"), [(state, state in Run.OPEN) for state in STATES])
def test_new_run_replaces_only_an_open_one(state, is_replaced):
    project = make_project()
    old = Run.objects.create(project=project, state=state)
    other = Run.objects.create(project=make_project(), state=state)
    new = actions.start_run(project=project, jurors=panel_of(project, "one"))
    old.refresh_from_db()
    other.refresh_from_db()
    assert old.state == ("replaced" if is_replaced else state)
    assert (old.finished_at is not None) is is_replaced
    assert (new.state, other.state) == ("running", state)


@cases(("prompt", "generates"), [("respond-v1", "responses"), ("refuse-v1", "refusals")])
def test_generation_replaces_only_a_run_that_generates_the_same(prompt, generates):
    project = make_project()
    generator = add_generator(project, HERE, prompt=prompt)
    old = {kind: Run.objects.create(project=project, generates=kind) for kind in Run.Generates.values}
    new = actions.start_generation(project=project, generator=generator, items=[])
    replaced = {kind for kind, run in old.items() if Run.objects.get(pk=run.pk).state == "replaced"}
    assert (new.generates, replaced, new.asks_again) == (generates, {generates}, ["failed"])


def test_run_that_cannot_start_replaces_nothing():
    project = make_project()
    good, bad = panel_of(project, "good"), panel_of(project, "keyless", api_key_env="JUROR_KEY_NO_SUCH")
    old = Run.objects.create(project=project)
    with pytest.raises(Refused, match="JUROR_KEY_NO_SUCH_FILE"):
        actions.start_run(project=project, jurors=[*good, *bad])
    assert list(Run.objects.filter(project=project).values_list("pk", "state")) == [(old.pk, "running")]


@pytest.mark.parametrize(("asks_again", "asked"), [
    ([], ["none"]),
    (["failed"], ["failed", "none"]),
    (["abstained"], ["abstained", "none"]),
    (["unreadable"], ["none", "unreadable"]),
    (["failed", "unreadable"], ["failed", "none", "unreadable"]),
    (["failed", "abstained", "unreadable"], ["abstained", "failed", "none", "unreadable"]),
    (["cast"], ["cast", "none"]),
    (["unheard of"], ["none"]),
])  # fmt: skip
def test_outcomes_that_are_asked_again_are_those_named(tmp_path, asks_again, asked):
    project = project_with_items(tmp_path, 5)
    [juror] = panel_of(project, "one")
    by_name = dict(zip(("none", *Ballot.Outcome.values), items_of(project), strict=True))
    for outcome in Ballot.Outcome.values:
        cast(project, juror, by_name[outcome], outcome)
    run = actions.start_run(project=project, jurors=[juror], asks_again=asks_again)
    assert run.asks_again == sorted(asks_again)
    assert list(chain(*shards_of(run, juror))) == sorted(by_name[name] for name in asked)


def test_old_ballot_of_a_failed_retry_does_not_count(tmp_path):
    project = project_with_items(tmp_path, 1)
    [juror], [item] = panel_of(project, "one"), items_of(project)
    cast(project, juror, item, is_current=False)
    cast(project, juror, item, "failed")
    assert shards_of(actions.start_run(project=project, jurors=[juror]), juror) == [[item]]


def test_ballot_of_another_juror_answers_for_nobody(tmp_path):
    project = project_with_items(tmp_path, 2)
    one, two = panel_of(project, "one", "two")
    first, second = items_of(project)
    cast(project, one, first)
    run = actions.start_run(project=project, jurors=[one, two])
    assert (shards_of(run, one), shards_of(run, two)) == ([[second]], [[first, second]])


def test_withdrawn_items_are_not_asked_about(tmp_path):
    project = project_with_items(tmp_path, 2)
    first, second = items_of(project)
    Item.objects.filter(pk=first).update(withdrawn_at=timezone.now())
    [juror] = panel_of(project, "one")
    assert shards_of(actions.start_run(project=project, jurors=[juror]), juror) == [[second]]


def test_worker_whose_heartbeat_is_late_takes_no_shard_over_from_itself(tmp_path, settings):
    """It still asks about that one: it would ask twice, and store one answer more than the shard wants."""
    settings.JURY_SHARD_ITEMS = 1
    project = project_with_items(tmp_path, 2)
    [juror] = panel_of(project, "one")
    run = actions.start_run(project=project, jurors=[juror])
    late = timezone.now() - timedelta(days=1)
    first, second = Shard.objects.filter(run=run).order_by("pk")
    Shard.objects.filter(run=run).update(holder="late", seen_at=late)
    assert claim_next_shard(run, juror, "late") is None
    assert claim_next_shard(run, juror, "another") == first
    Shard.objects.filter(pk=second.pk).update(holder="", seen_at=None)
    assert claim_next_shard(run, juror, "late") == second


@pytest.mark.parametrize(("size", "items", "sizes"), [
    (1, 3, [1, 1, 1]),
    (2, 3, [2, 1]),
    (3, 3, [3]),
    (4, 3, [3]),
    (3, 7, [3, 3, 1]),
    (7, 0, []),
])  # fmt: skip
def test_shards_are_full_but_for_the_last(tmp_path, settings, size, items, sizes):
    settings.JURY_SHARD_ITEMS = size
    project = project_with_items(tmp_path, items) if items else make_project()
    [juror] = panel_of(project, "one")
    shards = shards_of(actions.start_run(project=project, jurors=[juror]), juror)
    assert [len(shard) for shard in shards] == sizes
    assert list(chain(*shards)) == items_of(project)


@pytest.mark.parametrize(
    ("size", "count", "sizes"), [(1, 2, [1, 1]), (2, 5, [2, 2, 1]), (5, 5, [5]), (6, 5, [5]), (5, 0, [])]
)
def test_generation_shards_keep_the_order_of_the_items(settings, size, count, sizes):
    settings.JURY_SHARD_ITEMS = size
    project = make_project()
    generator, run = add_generator(project, HERE), Run.objects.create(project=project, generates="responses")
    items = list(range(count, 0, -1))
    create_shards_of(run, generator, items)
    shards = shards_of(run, generator)
    assert ([len(shard) for shard in shards], list(chain(*shards))) == (sizes, items)


@pytest.mark.parametrize(("transport", "size"), [("live", 7), ("batch", 11)])
def test_size_of_a_shard_follows_the_transport(settings, transport, size):
    settings.JURY_SHARD_ITEMS, settings.JURY_BATCH_ITEMS = 7, 11
    assert shard_size(Juror(transport=transport)) == size


@pytest.mark.parametrize(("limit", "first", "second"), [
    (None, [0, 1, 2, 3, 4], [2, 3, 4]),
    (1, [0], []),
    (2, [0, 1], []),
    (3, [0, 1, 2], [2]),
    (5, [0, 1, 2, 3, 4], [2, 3, 4]),
    (6, [0, 1, 2, 3, 4], [2, 3, 4]),
    (2**31 - 1, [0, 1, 2, 3, 4], [2, 3, 4]),
])  # fmt: skip
def test_limit_counts_the_items_that_any_juror_lacks(tmp_path, limit, first, second):
    project = project_with_items(tmp_path, 5)
    one, two = panel_of(project, "one", "two")
    items = items_of(project)
    for item in items[:2]:
        cast(project, two, item)
    run = actions.start_run(project=project, jurors=[one, two], limit=limit)
    assert list(chain(*shards_of(run, one))) == [items[at] for at in first]
    assert list(chain(*shards_of(run, two))) == [items[at] for at in second]
    assert queries.item_count(run) == len(first)
    assert queries.ballots_wanted(run) == len(first) + len(second)


def test_limit_needs_no_list_where_there_is_none(lead):
    assert first_unanswered(Run(project=project_of(lead)), [], None) == []
    assert first_unanswered(Run(project=project_of(lead), asks_again=[]), [], 5) == []


def test_run_of_nobody_has_no_shards(lead):
    run = actions.start_run(project=project_of(lead), jurors=[])
    assert (run.state, run.shards.count(), queries.ballots_wanted(run)) == ("running", 0, 0)


def test_generation_leaves_answered_items_out_and_records_how_many_are_left(tmp_path):
    project = project_with_items(tmp_path, 4)
    generator, items = add_generator(project, HERE), items_of(project)
    for item, outcome, text in ((items[0], "cast", "Hello."), (items[1], "failed", ""), (items[2], "abstained", "")):
        GeneratedResponse.objects.create(
            item_id=item, juror=generator, prompt=generator.prompt, outcome=outcome, text=text, cast_at=timezone.now()
        )
    run = actions.start_generation(project=project, generator=generator, items=items)
    assert shards_of(run, generator) == [[items[1], items[3]]]
    event = Event.objects.get(project=project, verb="run.started", subject=str(run.pk))
    assert event.detail == {"generator": "writer", "generates": "responses", "items": 2}


@pytest.mark.parametrize(("state", "is_adopted"), [
    ("sending", True),
    ("under_way", True),
    ("collected", False),
    ("refused", False),
])  # fmt: skip
def test_only_open_batches_move_to_the_new_run(tmp_path, state, is_adopted):
    project = project_with_items(tmp_path, 2)
    [juror] = panel_of(project, "one", transport="batch")
    items, old = items_of(project), Run.objects.create(project=project)
    shard = Shard.objects.create(run=old, juror=juror, items=[], state="broken", error="x", holder="h")
    long_ago = timezone.now() - timedelta(days=1)
    batch = Batch.objects.create(
        shard=shard, key=f"{state}-{project.pk}", items=items[:1], state=state, unreachable_since=long_ago
    )
    run = actions.start_run(project=project, jurors=[juror])
    shard.refresh_from_db()
    batch.refresh_from_db()
    if is_adopted:
        assert (shard.run, shard.items, shard.state, shard.error, shard.holder) == (run, items[:1], "waiting", "", "")
        assert (batch.unreachable_since, shards_of(run, juror)) == (None, [items[:1], items[1:]])
    else:
        assert (shard.run, shard.state, batch.unreachable_since) == (old, "broken", long_ago)
        assert shards_of(run, juror) == [items]


def test_batch_that_a_worker_is_sending_stays_with_it(tmp_path):
    project = project_with_items(tmp_path, 2)
    [juror] = panel_of(project, "one", transport="batch")
    items, old = items_of(project), Run.objects.create(project=project)
    shard = Shard.objects.create(run=old, juror=juror, items=items, holder="sender", seen_at=timezone.now())
    Batch.objects.create(shard=shard, key=f"sent-{project.pk}", items=items, state="sending")
    run = actions.start_run(project=project, jurors=[juror])
    shard.refresh_from_db()
    assert (shard.run, shard.holder, claim_shard(shard.pk)) == (run, "sender", "")
    sender = BatchRunner(queries.shard_with_context(shard.pk), "sender")
    sender.heartbeat()
    Shard.objects.filter(pk=shard.pk).update(holder="another")
    with pytest.raises(ClaimLost):
        sender.heartbeat()


def test_juror_is_asked_nothing_once_no_label_of_it_is_wanted(tmp_path):
    project = project_with_items(tmp_path, 3)
    [juror] = panel_of(project, "one", asks="prompt_label")
    run = actions.start_run(project=project, jurors=[juror])
    [shard] = Shard.objects.filter(run=run)
    assert len(queries.items_to_ask(queries.shard_with_context(shard.pk))) == 3
    Project.objects.filter(pk=project.pk).update(wants_prompt_label=False)
    found = queries.shard_with_context(shard.pk)
    assert queries.items_to_ask(found) == []
    client = JurorClient(found.run.project, found.juror)
    assert client.names == []
    client.ask_only(["prompt_label"])  # as a batch was sent
    assert client.names == ["prompt_label"]


def test_endpoint_that_is_away_breaks_no_shard_whose_batch_is_under_way(tmp_path):
    project = project_with_items(tmp_path, 2)
    [one], [two] = panel_of(project, "one"), panel_of(project, "two", transport="batch")
    run = actions.start_run(project=project, jurors=[one, two])
    live, sent = (Shard.objects.get(run=run, juror=juror) for juror in (one, two))
    Batch.objects.create(shard=sent, key=f"kept-{project.pk}", items=sent.items, state="under_way")
    for holder in ("", "somebody"):
        break_shards_of_endpoint(run, HERE, holder, error="the endpoint is away")
        assert [Shard.objects.get(pk=shard.pk).state for shard in (live, sent)] == ["broken", "waiting"]
    Shard.objects.filter(pk=sent.pk).update(holder="its own", seen_at=timezone.now())
    break_shards_of_endpoint(run, HERE, "its own", error="the endpoint is away")
    assert Shard.objects.get(pk=sent.pk).state == "broken"


def test_run_with_a_broken_shard_ends_as_broken_after_a_pause(tmp_path):
    project = project_with_items(tmp_path, 2)
    one, two = panel_of(project, "one", "two")
    run = actions.start_run(project=project, jurors=[one, two])
    finish_shard(Shard.objects.get(run=run, juror=one).pk, error="its endpoint is gone")
    actions.pause_run(run=run)
    finish_shard(Shard.objects.get(run=run, juror=two).pk)
    actions.resume_run(run=Run.objects.get(pk=run.pk))
    enqueue(Run.objects.get(pk=run.pk))
    assert Run.objects.get(pk=run.pk).state == "broken"


def test_batches_of_jurors_left_out_stay_where_they_are(tmp_path):
    project = project_with_items(tmp_path, 1)
    one, two = panel_of(project, "one", "two", transport="batch")
    old = Run.objects.create(project=project)
    shard = Shard.objects.create(run=old, juror=two, items=items_of(project))
    Batch.objects.create(shard=shard, key=f"left-{project.pk}", items=items_of(project))
    actions.start_run(project=project, jurors=[one])
    shard.refresh_from_db()
    assert shard.run == old


@cases(("asks", "fields", "is_askable"), [
    ("prompt_label", "prompt_label", True),
    ("prompt_label", "prompt_label,response_label", True),
    ("response_label", "response_label", True),
    ("prompt_label", "response_label", False),
    ("response_label", "prompt_label", False),
])  # fmt: skip
def test_juror_must_label_what_the_project_wants(asks, fields, is_askable):
    project = make_project(fields=fields)
    [juror] = panel_of(project, "one", asks=asks)
    if is_askable:
        check_can_ask(project, juror)
    else:
        with pytest.raises(Refused, match="is asked for no label that project"):
            check_can_ask(project, juror)


def test_generator_judges_nothing_and_juror_writes_nothing():
    project = make_project()
    generator, [juror] = add_generator(project, HERE), panel_of(project, "one")
    with pytest.raises(Refused, match="'writer' is a generator"):
        check_can_ask(project, generator)
    with pytest.raises(Refused, match="'one' is a juror"):
        check_can_generate(juror)


@cases(("base_url", "reason"), [
    ("", "came with an import"),
    ("http://169.254.169.254/v1", "link-local"),
    ("nonsense", "not the address of an endpoint"),
])  # fmt: skip
def test_juror_that_cannot_be_reached_is_refused(base_url, reason):
    with pytest.raises(Refused, match=reason):
        check_can_reach(Juror(name="one", base_url=base_url))


@pytest.mark.parametrize(("value", "is_set"), [("k", True), (" ", True), ("", False), (None, False)])
def test_empty_key_is_a_missing_one(monkeypatch, value, is_set):
    monkeypatch.delenv("JUROR_KEY_A", raising=False)
    if value is not None:
        monkeypatch.setenv("JUROR_KEY_A", value)
    juror = Juror(name="one", base_url=HERE, api_key_env="JUROR_KEY_A")
    if is_set:
        check_can_reach(juror)
    else:
        with pytest.raises(Refused, match="JUROR_KEY_A, or in the file that JUROR_KEY_A_FILE names"):
            check_can_reach(juror)


@cases(
    ("first", "then", "state", "run_state"),
    [("", "late", "done", "finished"), ("it broke", "", "broken", "broken"), ("it broke", "late", "broken", "broken")],
)
def test_shard_that_has_ended_stays_as_it_is(tmp_path, first, then, state, run_state):
    project = project_with_items(tmp_path, 1)
    add_jurors(project, HERE, "stub-0.9")
    run = actions.start_run(project=project, jurors=queries.panel(project))
    shard = Shard.objects.get(run=run)
    for error in (first, then):
        finish_shard(shard.pk, error=error)
        shard.refresh_from_db()
        run.refresh_from_db()
        assert (shard.state, shard.error, run.state) == (state, first, run_state)
