"""Reads of shards, unanswered items and statistics."""

from datetime import timedelta

from django.utils import timezone

from corpus.models import Item
from jury import queries
from jury.models import Ballot, Batch, GeneratedResponse, Juror, Run, Shard
from tests.factories import make_project
from tests.jury.factories import add_generator, add_jurors, project_with_items

ENDPOINT = "http://127.0.0.1:1/v1"


def juror_of(project, name="one", **options):
    add_jurors(project, ENDPOINT, name, **options)
    return Juror.objects.select_related("prompt").get(project=project, name=name)


def cast(item, juror, **fields):
    required = {
        "item": item, "juror": juror, "prompt": juror.prompt, "taxonomy_id": juror.project.taxonomy_id,
        "outcome": "cast", "prompt_label": "safe", "cast_at": timezone.now(),
    }  # fmt: skip
    return Ballot.objects.create(**required | fields)


def items_of(project):
    return list(Item.objects.filter(project=project).order_by("pk"))


def test_shard_is_unclaimed_without_a_recent_heartbeat(settings):
    settings.JURY_TAKEOVER_SECONDS = 30
    project = make_project()
    juror, run = juror_of(project), Run.objects.create(project=project)
    ages = {"fresh": 1, "stale": 60, "new": None}
    shards = {
        name: Shard.objects.create(
            run=run, juror=juror, items=[1], seen_at=age and timezone.now() - timedelta(seconds=age)
        )
        for name, age in ages.items()
    }
    done = Shard.objects.create(run=run, juror=juror, items=[2], state=Shard.State.DONE)

    assert list(queries.claimed(run)) == [shards["fresh"]]
    assert set(queries.unclaimed(Shard.objects.filter(run=run))) == {shards["stale"], shards["new"]}
    assert done not in queries.waiting_shards(run)


def test_item_is_unanswered_without_a_counting_ballot(tmp_path):
    project = project_with_items(tmp_path, 4)
    juror = juror_of(project)
    answered, failed, batched, untouched = items_of(project)
    cast(answered, juror)
    cast(failed, juror, outcome="failed", prompt_label=None)
    shard = Shard.objects.create(run=Run.objects.create(project=project), juror=juror, items=[batched.pk])
    Batch.objects.create(shard=shard, key="k", items=[batched.pk])

    unanswered = queries.unanswered_items(project, [juror], limit=None, asks_again=["failed"])
    assert unanswered == {juror.pk: [failed.pk, untouched.pk]}
    assert queries.unanswered_items(project, [juror], limit=None, asks_again=[]) == {juror.pk: [untouched.pk]}
    assert queries.unanswered_items(project, [juror], limit=1, asks_again=["failed"]) == {juror.pk: [failed.pk]}


def test_response_juror_skips_items_without_response(tmp_path):
    project = project_with_items(tmp_path, 4)
    juror = juror_of(project, asks="response_label")
    expected = [item.pk for item in items_of(project) if item.has_response]

    assert queries.unanswered_items(project, [juror], limit=None, asks_again=[]) == {juror.pk: expected}
    assert len(expected) == 2


def test_generator_skips_answered_items_and_keeps_their_order(tmp_path):
    project = project_with_items(tmp_path, 3)
    generator = add_generator(project, ENDPOINT)
    first, second, third = items_of(project)
    for item, outcome, text in ((first, "cast", "Hello."), (second, "failed", "")):
        GeneratedResponse.objects.create(
            item=item, juror=generator, prompt=generator.prompt, outcome=outcome, text=text, cast_at=timezone.now()
        )
    keys = [third.pk, first.pk, second.pk]
    assert queries.without_generated_response(generator, keys) == [third.pk, second.pk]


def test_statistics_count_current_ballots_of_a_run(tmp_path):
    project = project_with_items(tmp_path, 3)
    juror = juror_of(project)
    run = Run.objects.create(project=project)
    first, second, third = items_of(project)
    Shard.objects.create(run=run, juror=juror, items=[first.pk, second.pk])
    cast(first, juror, run=run, seconds=1.0, cost_usd="0.5")
    cast(second, juror, run=run, seconds=3.0, outcome="unreadable", prompt_label=None, cost_usd="0.25")
    cast(third, juror, seconds=9.0)
    cast(third, juror, seconds=99.0, is_current=False)

    [of_run], [of_project] = queries.run_statistics(run), queries.juror_statistics(project)
    assert (of_run.cast, of_run.unreadable, of_run.median, float(of_run.cost)) == (1, 1, 2.0, 0.75)
    assert (of_project.cast, of_project.unreadable, of_project.median) == (2, 1, 3.0)
    assert queries.generator_statistics(project) == []
    assert (queries.run_progress(run).done, queries.ballots_wanted(run), queries.item_count(run)) == (2, 2, 2)


def test_juror_without_answers_has_zero_counts():
    project = make_project()
    juror = juror_of(project)
    assert queries.juror_statistics(project) == [queries.JurorStatistics(juror)]


def test_sample_is_the_same_at_every_call(tmp_path):
    project = project_with_items(tmp_path, 9)
    sample = queries.sample_items(project, 4, with_response=True)
    assert sample == queries.sample_items(project, 4, with_response=True)
    assert (len(sample), all(item.has_response for item in sample)) == (4, True)
